#pragma once

#include <string_view>

#include "base/ip_address.h"

namespace voxlate {

/// What an address is good for; only the public ones lead out.
enum class IpAddressKind {
  kPublic,
  kUnspecified,  ///< 0.0.0.0/8, ::
  kLoopback,
  kPrivate,    ///< RFC 1918, 6598 (shared), 4193 (unique local), site-local
  kLinkLocal,  ///< RFC 3927, fe80::/10: cloud metadata lives here
  kMulticast,
  kBroadcast,
  kReserved,  ///< documentation, benchmarks, future use, and whatever is not given out as public
};

std::string_view to_string(IpAddressKind kind);

/// By the special-purpose registries of IANA. An IPv6 address that carries one of IPv4 (NAT64, 6to4, Teredo, ISATAP) is
/// of the kind of the worst one in it. Pure, thread-safe.
IpAddressKind kind_of(const IpAddress& address);

}  // namespace voxlate
