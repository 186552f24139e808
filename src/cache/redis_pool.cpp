#include "cache/redis_pool.h"

#include <utility>

#include "voxlate/error.h"

namespace voxlate::cache {

RedisPool::RedisPool(RedisServer server, std::size_t max_connections)
    : server_(std::move(server)), max_connections_(max_connections), host_(server_.host, server_.port) {}

std::unique_ptr<RedisPool::Loan> RedisPool::take(Deadline deadline) {
  take_turn(deadline);
  auto loan = std::make_unique<Loan>(*this);  // from here on the turn is given back in any case
  loan->connection_ = take_idle();
  if (!loan->connection_) loan->connection_ = std::make_unique<RedisConnection>(host_, server_, deadline);
  return loan;
}

void RedisPool::take_turn(Deadline deadline) {
  const MutexLock lock(mutex_);
  while (lent_ >= max_connections_) {
    if (came_back_.wait_until(mutex_, deadline) == std::cv_status::timeout && lent_ >= max_connections_)
      throw Error(ErrorCode::kCancelled, "all connections to Redis are in use");
  }
  ++lent_;
}

/// Null when there is none that can be used.
std::unique_ptr<RedisConnection> RedisPool::take_idle() {
  while (true) {
    std::unique_ptr<RedisConnection> connection;
    {
      const MutexLock lock(mutex_);
      if (idle_.empty()) return nullptr;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (connection->is_quiet()) return connection;
  }
}

void RedisPool::give_back(std::unique_ptr<RedisConnection> connection) {
  {
    const MutexLock lock(mutex_);
    --lent_;
    if (connection) idle_.push_back(std::move(connection));
  }
  came_back_.notify_one();
}

}  // namespace voxlate::cache
