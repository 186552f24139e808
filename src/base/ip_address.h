#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace voxlate {

/// Which texts are addresses.
enum class IpSpelling {
  kStrict,  ///< "10.0.0.7" and RFC 4291; not 010.0.0.7, which some read as 8.0.0.7; no zone
  /// What resolvers take for one: of IPv4 one to four numbers, each decimal, octal (0177) or hexadecimal (0x7f), the
  /// last one filling what is left (inet_aton); of IPv6 RFC 4291, with a zone, which is dropped.
  kAny,
};

/// An IPv4 or IPv6 address; the IPv4 one "1.2.3.4" and its IPv6 spelling "::ffff:1.2.3.4" are the same.
class IpAddress {
 public:
  /// Nothing when the text is no address. Names, ports and brackets are not part of one.
  static std::optional<IpAddress> parse(std::string_view text, IpSpelling spelling = IpSpelling::kStrict);

  /// Of AF_INET and AF_INET6; else nothing.
  static std::optional<IpAddress> of(const sockaddr& address);

  /// Four bytes in network order.
  static IpAddress of_ipv4(std::span<const std::uint8_t, 4> bytes);

  /// "127.0.0.1", "::1".
  std::string text() const;

  /// In network order, IPv4 as ::ffff:a.b.c.d.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  bool is_ipv4() const;
  bool is_loopback() const;

  /// What one client can have all of: itself for IPv4, the /64 network for IPv6.
  IpAddress network() const;

  /// The first `bits` bits, the rest zero; bits of the 128-bit form.
  IpAddress prefix(int bits) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address or a network: "10.0.0.7", "10.0.0.0/8", "fd00::/8". No network of IPv6 has addresses of IPv4 in it:
/// "::/0" is all of IPv6 and nothing else.
class IpRange {
 public:
  /// Nothing when the text is neither.
  static std::optional<IpRange> parse(std::string_view text, IpSpelling spelling = IpSpelling::kStrict);

  bool contains(const IpAddress& address) const {
    return address.is_ipv4() == first_.is_ipv4() && address.prefix(bits_) == first_;
  }

 private:
  IpRange(const IpAddress& first, int bits) : first_(first), bits_(bits) {}

  IpAddress first_;
  int bits_ = 128;
};

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address);

}  // namespace voxlate
