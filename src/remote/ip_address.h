#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace voxlate::remote {

/// An address of IPv4 or IPv6, in network order.
struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< of IPv4 the first four

  bool operator==(const IpAddress&) const = default;
};

/// What an address is good for; only the public ones lead out.
enum class AddressKind {
  kPublic,
  kUnspecified,  ///< 0.0.0.0/8, ::
  kLoopback,
  kPrivate,    ///< RFC 1918, 6598 (shared), 4193 (unique local), site-local
  kLinkLocal,  ///< RFC 3927, fe80::/10: cloud metadata lives here
  kMulticast,
  kBroadcast,
  kReserved,  ///< documentation, benchmarks, future use, and whatever is not given out as public
};

std::string_view to_string(AddressKind kind);

/// By the special-purpose registries of IANA. An IPv6 address that carries one of IPv4 (mapped, NAT64, 6to4, Teredo,
/// ISATAP) is of the kind of the worst one in it. Pure.
AddressKind classify(const IpAddress& address);

/// Reads an address in every spelling that resolvers take for one: of IPv4 one to four numbers, each decimal, octal
/// (0177) or hexadecimal (0x7f), the last one filling what is left (inet_aton); of IPv6 RFC 4291, with a zone. Pure.
std::optional<IpAddress> parse_ip(std::string_view text);

/// "127.0.0.1", "::1".
std::string to_string(const IpAddress& address);

/// Of AF_INET and AF_INET6; else nothing.
std::optional<IpAddress> ip_of(const sockaddr& address);

/// The number of leading bits that both have in common; 0 for different families.
int common_prefix(const IpAddress& a, const IpAddress& b);

}  // namespace voxlate::remote
