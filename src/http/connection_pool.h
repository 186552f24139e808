#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/mutex.h"

namespace voxlate::http {

/// Serves each connection on a thread of its own, up to a limit; threads are made when first needed and
/// kept. Thread-safe.
class ConnectionPool {
 public:
  /// `serve` works on a borrowed socket and must not throw.
  ConnectionPool(int max_connections, std::function<void(int socket)> serve);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// Takes the socket over; leaves it with the caller and returns false when the limit is reached.
  bool try_submit(UniqueFd& socket);

  /// Waits until all connections have ended. After `grace` the rest are cut off.
  void finish(std::chrono::milliseconds grace);

 private:
  void work();

  const std::size_t max_connections_;
  const std::function<void(int)> serve_;

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<UniqueFd> waiting_ GUARDED_BY(mutex_);
  std::set<int> active_ GUARDED_BY(mutex_);
  std::size_t idle_threads_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::http
