#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cache/host_resolver.h"
#include "cache/redis_connection.h"
#include "cache/redis_url.h"

namespace voxlate::cache {

/// Connections to one Redis that are used again, each by one caller at a time. Thread-safe.
class RedisPool {
 public:
  RedisPool(RedisServer server, std::size_t max_connections);

  /// A connection to work with while it lives; it goes back to the others only after `keep`. The pool outlives it.
  class Loan {
   public:
    explicit Loan(RedisPool& pool) : pool_(pool) {}
    ~Loan() { pool_.give_back(keep_ ? std::move(connection_) : nullptr); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    RedisConnection& operator*() { return *connection_; }
    void keep() { keep_ = true; }

   private:
    friend class RedisPool;

    RedisPool& pool_;
    std::unique_ptr<RedisConnection> connection_;
    bool keep_ = false;
  };

  /// The one used last, or a new one; waits while all are lent. Throws as RedisConnection does, and `kCancelled` when
  /// none came free in time: that says nothing about the server.
  std::unique_ptr<Loan> take(Deadline deadline);

 private:
  void take_turn(Deadline deadline);
  std::unique_ptr<RedisConnection> take_idle();
  void give_back(std::unique_ptr<RedisConnection> connection);

  const RedisServer server_;
  const std::size_t max_connections_;
  HostResolver host_;
  Mutex mutex_;
  ConditionVariable came_back_;
  std::vector<std::unique_ptr<RedisConnection>> idle_ GUARDED_BY(mutex_);
  std::size_t lent_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::cache
