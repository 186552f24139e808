#include "http/connection_pool.h"

#include <sys/socket.h>

#include <system_error>

#include "base/log.h"

namespace voxlate::http {

ConnectionPool::ConnectionPool(int max_connections, std::function<void(int)> serve)
    : max_connections_(static_cast<std::size_t>(max_connections)), serve_(std::move(serve)) {}

ConnectionPool::~ConnectionPool() { finish(std::chrono::milliseconds(0)); }

bool ConnectionPool::try_submit(UniqueFd& socket) {
  const MutexLock lock(mutex_);
  if (closed_ || active_.size() + waiting_.size() >= max_connections_) return false;
  if (idle_threads_ <= waiting_.size()) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      log::error("no thread for a connection", {{"why", error.what()}});
      return false;
    }
    ++idle_threads_;
  }
  waiting_.push_back(std::move(socket));
  changed_.notify_all();
  return true;
}

void ConnectionPool::work() NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
  while (true) {
    changed_.wait(mutex_, [this]() NO_THREAD_SAFETY_ANALYSIS { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) break;
    const UniqueFd socket = std::move(waiting_.front());
    waiting_.pop_front();
    --idle_threads_;
    active_.insert(socket.get());
    mutex_.unlock();
    serve_(socket.get());
    mutex_.lock();
    active_.erase(socket.get());
    ++idle_threads_;
    changed_.notify_all();
  }
  mutex_.unlock();
}

void ConnectionPool::finish(std::chrono::milliseconds grace) NO_THREAD_SAFETY_ANALYSIS {
  std::vector<std::jthread> threads;
  {
    const MutexLock lock(mutex_);
    const auto all_ended = [this]() NO_THREAD_SAFETY_ANALYSIS { return active_.empty() && waiting_.empty(); };
    if (!changed_.wait_for(mutex_, grace, all_ended)) {
      log::warning("connections cut off", {{"count", active_.size()}});
      for (const int socket : active_) ::shutdown(socket, SHUT_RDWR);
    }
    closed_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
}

}  // namespace voxlate::http
