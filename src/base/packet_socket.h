#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"

namespace voxlate {

inline constexpr std::size_t kMaxPacketBytes = 4096;
inline constexpr std::size_t kMaxPacketFds = 4;

/// A packet with the descriptors that came along.
struct Packet {
  std::string bytes;
  std::array<UniqueFd, kMaxPacketFds> fds;
  std::size_t fd_count = 0;
};

/// Two ends of a connection between processes of this machine that keeps packets apart; close-on-exec, above 2.
/// Throws `kInternal`.
std::pair<UniqueFd, UniqueFd> make_packet_sockets();

/// Sends one packet, at most `kMaxPacketBytes` and `kMaxPacketFds`. False when the other end is closed or does not
/// take packets any more; never waits, never raises SIGPIPE.
bool send_packet(int socket, std::string_view bytes, std::span<const int> fds = {});

/// The next packet; null when the other end is closed or the packet is over the bounds. Waits for it.
std::optional<Packet> receive_packet(int socket);

/// Whether `fd` has something to read, or its other end is closed, within `limit`.
bool wait_readable(int fd, std::chrono::milliseconds limit);

}  // namespace voxlate
