#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace voxlate::cache {

using Deadline = std::chrono::steady_clock::time_point;

/// Time left, at least 0.
std::chrono::milliseconds time_left(Deadline deadline);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// The addresses of one host, without waiting for a slow name server: what comes too late is there the next time.
/// Thread-safe. The destructor waits for an answer that is still under way.
class HostResolver {
 public:
  HostResolver(std::string host, int port);
  ~HostResolver();
  HostResolver(const HostResolver&) = delete;
  HostResolver& operator=(const HostResolver&) = delete;

  /// At least one. Throws `kUnavailable` when the name is not known, `kTimeout` when that is not told in time.
  std::vector<SocketAddress> resolve(Deadline deadline);

 private:
  void start() REQUIRES(mutex_);
  bool await(Deadline deadline) REQUIRES(mutex_);

  const std::string host_;
  const std::string port_;
  Mutex mutex_;
  addrinfo hints_ GUARDED_BY(mutex_) = {};
  gaicb request_ GUARDED_BY(mutex_) = {};
  bool under_way_ GUARDED_BY(mutex_) = false;
};

}  // namespace voxlate::cache
