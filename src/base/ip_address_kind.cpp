#include "base/ip_address_kind.h"

#include <algorithm>
#include <initializer_list>

namespace voxlate {
namespace {

using enum IpAddressKind;

IpRange range(std::string_view text) { return IpRange::parse(text).value(); }

// https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry; the first that contains
// an address counts. Of IPv6 public is what lies in 2000::/3 and in no other range.
IpAddressKind registered_kind(const IpAddress& address) {
  struct Row {
    IpRange range;
    IpAddressKind kind = kUnspecified;
  };
  static const std::array kRegistry = {
      Row{range("0.0.0.0/8"), kUnspecified},
      Row{range("10.0.0.0/8"), kPrivate},
      Row{range("100.64.0.0/10"), kPrivate},
      Row{range("127.0.0.0/8"), kLoopback},
      Row{range("169.254.0.0/16"), kLinkLocal},
      Row{range("172.16.0.0/12"), kPrivate},
      Row{range("192.0.0.0/24"), kReserved},
      Row{range("192.0.2.0/24"), kReserved},
      Row{range("192.88.99.0/24"), kReserved},
      Row{range("192.168.0.0/16"), kPrivate},
      Row{range("198.18.0.0/15"), kReserved},
      Row{range("198.51.100.0/24"), kReserved},
      Row{range("203.0.113.0/24"), kReserved},
      Row{range("224.0.0.0/4"), kMulticast},
      Row{range("255.255.255.255"), kBroadcast},
      Row{range("240.0.0.0/4"), kReserved},
      Row{range("0.0.0.0/0"), kPublic},

      Row{range("::"), kUnspecified},
      Row{range("::1"), kLoopback},
      Row{range("fc00::/7"), kPrivate},
      Row{range("fe80::/10"), kLinkLocal},
      Row{range("fec0::/10"), kPrivate},
      Row{range("ff00::/8"), kMulticast},
      Row{range("2001::/23"), kReserved},
      Row{range("2001:db8::/32"), kReserved},
      Row{range("3fff::/20"), kReserved},
      Row{range("2000::/3"), kPublic},
      Row{range("::/0"), kReserved},
  };
  return std::ranges::find_if(kRegistry, [&](const Row& row) { return row.range.contains(address); })->kind;
}

/// The first one that is not public.
IpAddressKind worst(std::initializer_list<IpAddressKind> kinds) {
  const auto* const found = std::ranges::find_if(kinds, [](IpAddressKind kind) { return kind != kPublic; });
  return found != kinds.end() ? *found : kPublic;
}

/// Of the IPv4 address in the four bytes from there.
IpAddressKind inner_kind(const IpAddress& address, std::size_t at) {
  return registered_kind(IpAddress::of_ipv4(std::span(address.bytes()).subspan(at).first<4>()));
}

/// The client's address in one of Teredo is stored inverted (RFC 4380).
IpAddressKind teredo_kind(const IpAddress& address) {
  std::array<std::uint8_t, 4> client{};
  std::transform(address.bytes().begin() + 12, address.bytes().end(), client.begin(),
                 [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
  return worst({inner_kind(address, 4), registered_kind(IpAddress::of_ipv4(client))});
}

bool is_isatap(const IpAddress& address) {
  const auto& bytes = address.bytes();
  return (bytes[8] & 0xFDU) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
}

}  // namespace

std::string_view to_string(IpAddressKind kind) {
  switch (kind) {
    case kPublic: return "public";
    case kUnspecified: return "unspecified";
    case kLoopback: return "loopback";
    case kPrivate: return "private";
    case kLinkLocal: return "link-local";
    case kMulticast: return "multicast";
    case kBroadcast: return "broadcast";
    case kReserved: return "reserved";
  }
  return "reserved";
}

IpAddressKind kind_of(const IpAddress& address) {
  static const IpRange kNat64 = range("64:ff9b::/96");
  static const IpRange k6to4 = range("2002::/16");
  static const IpRange kTeredo = range("2001::/32");
  if (kNat64.contains(address)) return inner_kind(address, 12);
  if (k6to4.contains(address)) return inner_kind(address, 2);
  if (kTeredo.contains(address)) return teredo_kind(address);
  const IpAddressKind kind = registered_kind(address);
  return !address.is_ipv4() && is_isatap(address) ? worst({kind, inner_kind(address, 12)}) : kind;
}

}  // namespace voxlate
