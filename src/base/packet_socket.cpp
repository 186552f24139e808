#include "base/packet_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

namespace voxlate {
namespace {

constexpr int kFirstOwnFd = 3;
constexpr std::size_t kControlBytes = CMSG_SPACE(kMaxPacketFds * sizeof(int));

UniqueFd above_standard_fds(UniqueFd fd) {
  if (fd.get() >= kFirstOwnFd) return fd;
  UniqueFd moved(::fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstOwnFd));
  if (!moved) throw_errno("cannot duplicate a descriptor");
  return moved;
}

/// Takes the descriptors over before anything else is looked at, so that none is left open.
void take_fds(msghdr& message, Packet& packet) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count && packet.fd_count < kMaxPacketFds; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      packet.fds[packet.fd_count++].reset(fd);
    }
  }
}

}  // namespace

std::pair<UniqueFd, UniqueFd> make_packet_sockets() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0)
    throw_errno("cannot make a socket pair");
  UniqueFd first(fds[0]);
  UniqueFd second(fds[1]);
  return {above_standard_fds(std::move(first)), above_standard_fds(std::move(second))};
}

bool send_packet(int socket, std::string_view bytes, std::span<const int> fds) {
  assert(bytes.size() <= kMaxPacketBytes && fds.size() <= kMaxPacketFds);
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  iovec content{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(part), fds.data(), fds.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

std::optional<Packet> receive_packet(int socket) {
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  Packet packet;
  packet.bytes.resize(kMaxPacketBytes);
  iovec content{.iov_base = packet.bytes.data(), .iov_len = packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return std::nullopt;
  take_fds(message, packet);
  if (got == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return std::nullopt;
  packet.bytes.resize(static_cast<std::size_t>(got));
  return packet;
}

bool wait_readable(int fd, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const int count = ::poll(&ready, 1, static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0)));
    if (count > 0) return true;
    if (count == 0 || errno != EINTR) return false;
  }
}

}  // namespace voxlate
