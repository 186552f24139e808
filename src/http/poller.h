#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include <sys/epoll.h>

#include "base/file.h"

namespace voxlate::http {

/// epoll(7): which of many sockets have news. Used by one thread.
class Poller {
 public:
  Poller();

  /// `key` comes back with the events of `fd`, which are EPOLLIN and so on; EPOLLHUP and EPOLLERR come unasked.
  void add(int fd, std::uint64_t key, std::uint32_t events);
  void change(int fd, std::uint64_t key, std::uint32_t events);
  void remove(int fd);

  /// What has news, at most some of it; nothing when the time is over. Valid until the next call.
  std::span<const epoll_event> wait(std::chrono::steady_clock::time_point until);

 private:
  static constexpr std::size_t kEventsAtOnce = 256;

  void control(int operation, int fd, std::uint64_t key, std::uint32_t events);

  UniqueFd fd_;
  std::array<epoll_event, kEventsAtOnce> events_{};
};

}  // namespace voxlate::http
