#include "http/poller.h"

#include <algorithm>
#include <cerrno>

namespace voxlate::http {
namespace {

constexpr std::int64_t kLongestWaitMs = 60'000;

}  // namespace

Poller::Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw_errno("cannot wait for connections");
}

void Poller::control(int operation, int fd, std::uint64_t key, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  if (::epoll_ctl(fd_.get(), operation, fd, &event) != 0) throw_errno("cannot wait for a connection");
}

void Poller::add(int fd, std::uint64_t key, std::uint32_t events) { control(EPOLL_CTL_ADD, fd, key, events); }

void Poller::change(int fd, std::uint64_t key, std::uint32_t events) { control(EPOLL_CTL_MOD, fd, key, events); }

void Poller::remove(int fd) { control(EPOLL_CTL_DEL, fd, /*key=*/0, /*events=*/0); }

std::span<const epoll_event> Poller::wait(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
  const auto timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestWaitMs));
  const int ready = ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), timeout);
  if (ready < 0 && errno != EINTR) throw_errno("cannot wait for connections");
  return std::span(events_).first(static_cast<std::size_t>(std::max(0, ready)));
}

}  // namespace voxlate::http
