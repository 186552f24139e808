#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/ip_address.h"

namespace voxlate::http {

/// Wakes a polling thread.
class WakeUp {
 public:
  WakeUp();

  /// From now on `fd` is readable, until `clear`. Safe from any thread.
  void fire();
  void clear();
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

struct Accepted {
  UniqueFd socket;  ///< empty: there was none after all
  IpAddress peer;
};

/// The next connection, non-blocking and without Nagle's delay.
/// Throws `kUnavailable` when the process is out of descriptors or memory: wait before trying again.
Accepted accept_connection(int listener);

/// Lets the process open this many files, as far as the system allows it; says in the log when it does not.
void raise_descriptor_limit(std::uint64_t count);

}  // namespace voxlate::http
