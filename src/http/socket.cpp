#include "http/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::http {
namespace {

constexpr int kBacklog = 1024;
constexpr int kMaxPort = 65535;

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::unique_ptr<addrinfo, FreeAddresses> resolve(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int result = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (result != 0) {
    throw Error(ErrorCode::kInvalidInput, "cannot listen on host " + host + ": " + ::gai_strerror(result));
  }
  return std::unique_ptr<addrinfo, FreeAddresses>(list);
}

void enable(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

int port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) throw_errno("cannot read the port");
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
                                       : ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

[[noreturn]] void throw_bind_error(const std::string& host, int port, int error) {
  const std::string address = host + ":" + std::to_string(port);
  if (error == EADDRINUSE) {
    throw Error(ErrorCode::kUnavailable, "port " + std::to_string(port) + " on " + host +
                                             " is in use by another program; stop it or choose another port");
  }
  throw Error(ErrorCode::kInvalidInput, "cannot listen on " + address + ": " + std::strerror(error));
}

}  // namespace

WakeUp::WakeUp() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw_errno("cannot make an event");
}

void WakeUp::fire() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then it is readable anyway.
  [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
}

void WakeUp::clear() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(event_.get(), &count, sizeof count);
}

Listener listen_on(const std::string& host, int port) {
  if (port < 0 || port > kMaxPort) throw Error(ErrorCode::kInvalidInput, "no such port: " + std::to_string(port));
  const auto addresses = resolve(host, port);
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address->ai_protocol));
    if (!fd) {
      error = errno;
      continue;
    }
    enable(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    if (::bind(fd.get(), address->ai_addr, address->ai_addrlen) == 0 && ::listen(fd.get(), kBacklog) == 0) {
      const int bound = port_of(fd.get());
      return {.fd = std::move(fd), .port = bound};
    }
    error = errno;
  }
  throw_bind_error(host, port, error);
}

PollResult poll_socket(int fd, short events, int wake_fd, std::chrono::steady_clock::time_point until) {
  std::array<pollfd, 2> waits = {pollfd{.fd = fd, .events = events, .revents = 0},
                                 pollfd{.fd = wake_fd, .events = POLLIN, .revents = 0}};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    const int ready = ::poll(waits.data(), waits.size(), left > 0 ? static_cast<int>(left) : 0);
    if (ready > 0) return waits[0].revents != 0 ? PollResult::kReady : PollResult::kWoken;
    if (ready == 0 && left <= 0) return PollResult::kTimeout;
    if (ready < 0 && errno != EINTR) throw_errno("cannot wait for a connection");
  }
}

Accepted accept_connection(int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  UniqueFd fd(::accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) {
    enable(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    return {.socket = std::move(fd),
            .peer = IpAddress::of(reinterpret_cast<const sockaddr&>(address)).value_or(IpAddress())};
  }
  if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
    throw Error(ErrorCode::kUnavailable, std::string("cannot accept a connection: ") + std::strerror(errno));
  }
  return {};
}

void raise_descriptor_limit(std::uint64_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count) return;
  limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < count) {
    log::warning("fewer open files allowed than connections may need",
                 {{"allowed", limit.rlim_cur}, {"needed", count}});
  }
}

}  // namespace voxlate::http
