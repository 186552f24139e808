#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr_storage;

namespace voxlate {

/// An IPv4 or IPv6 address; the IPv4 one "1.2.3.4" and its IPv6 spelling "::ffff:1.2.3.4" are the same.
class IpAddress {
 public:
  /// Nothing when the text is no address. Names, ports, brackets and zones are not part of one.
  static std::optional<IpAddress> parse(std::string_view text);

  /// Of a socket; the unspecified address when it is of no IP family.
  static IpAddress of(const sockaddr_storage& address);

  std::string text() const;
  bool is_ipv4() const;
  bool is_loopback() const;

  /// What one client can have all of: itself for IPv4, the /64 network for IPv6.
  IpAddress network() const;

  /// The first `bits` bits, the rest zero; bits of the 128-bit form.
  IpAddress prefix(int bits) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};  ///< IPv4 as ::ffff:a.b.c.d
};

/// An address or a network: "10.0.0.7", "10.0.0.0/8", "fd00::/8".
class IpRange {
 public:
  /// Nothing when the text is neither.
  static std::optional<IpRange> parse(std::string_view text);

  bool contains(const IpAddress& address) const { return address.prefix(bits_) == first_; }

 private:
  IpRange(const IpAddress& first, int bits) : first_(first), bits_(bits) {}

  IpAddress first_;
  int bits_ = 128;
};

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address);

}  // namespace voxlate
