#pragma once

#include <chrono>
#include <string>

#include "base/file.h"

namespace voxlate::http {

/// Wakes any number of polling threads, once and for all.
class WakeUp {
 public:
  WakeUp();

  /// From now on `fd` is readable. Safe from any thread.
  void fire();
  int fd() const { return event_.get(); }

 private:
  UniqueFd event_;
};

struct Listener {
  UniqueFd fd;
  int port = 0;
};

/// Opens a listening TCP socket. Throws `kUnavailable` when the port is in use, `kInvalidInput` when the
/// host is not an address of this machine or the port is not allowed.
Listener listen_on(const std::string& host, int port);

/// Waits for `events` of `fd`, until `wake_fd` (unless -1) is readable or the time is over.
enum class PollResult { kReady, kWoken, kTimeout };
PollResult poll_socket(int fd, short events, int wake_fd, std::chrono::steady_clock::time_point until);

/// The next connection, non-blocking and without Nagle's delay; empty when there was none after all.
/// Throws `kUnavailable` when the process is out of descriptors or memory: wait before trying again.
UniqueFd accept_connection(int listener);

}  // namespace voxlate::http
