#include "remote/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <span>

namespace voxlate::remote {
namespace {

struct Range {
  std::array<std::uint8_t, 12> prefix;
  int bits;
  AddressKind kind;
};

bool starts_with(std::span<const std::uint8_t> bytes, const Range& range) {
  int left = range.bits;
  for (std::size_t i = 0; left > 0; ++i, left -= 8) {
    const std::uint8_t wanted = i < range.prefix.size() ? range.prefix[i] : std::uint8_t{0};
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFF : 0xFF << (8 - left));
    if ((bytes[i] & mask) != (wanted & mask)) return false;
  }
  return true;
}

AddressKind find(std::span<const std::uint8_t> bytes, std::span<const Range> ranges, AddressKind otherwise) {
  const auto found = std::ranges::find_if(ranges, [&](const Range& range) { return starts_with(bytes, range); });
  return found != ranges.end() ? found->kind : otherwise;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry
AddressKind classify_v4(std::span<const std::uint8_t> bytes) {
  static const std::array kRanges = {
      Range{{0}, 8, AddressKind::kUnspecified},
      Range{{10}, 8, AddressKind::kPrivate},
      Range{{100, 64}, 10, AddressKind::kPrivate},
      Range{{127}, 8, AddressKind::kLoopback},
      Range{{169, 254}, 16, AddressKind::kLinkLocal},
      Range{{172, 16}, 12, AddressKind::kPrivate},
      Range{{192, 0, 0}, 24, AddressKind::kReserved},
      Range{{192, 0, 2}, 24, AddressKind::kReserved},
      Range{{192, 88, 99}, 24, AddressKind::kReserved},
      Range{{192, 168}, 16, AddressKind::kPrivate},
      Range{{198, 18}, 15, AddressKind::kReserved},
      Range{{198, 51, 100}, 24, AddressKind::kReserved},
      Range{{203, 0, 113}, 24, AddressKind::kReserved},
      Range{{224}, 4, AddressKind::kMulticast},
      Range{{255, 255, 255, 255}, 32, AddressKind::kBroadcast},
      Range{{240}, 4, AddressKind::kReserved},
  };
  return find(bytes, kRanges, AddressKind::kPublic);
}

/// The first one that is not public.
AddressKind worst(std::initializer_list<AddressKind> kinds) {
  const auto* const found = std::ranges::find_if(kinds, [](AddressKind kind) { return kind != AddressKind::kPublic; });
  return found != kinds.end() ? *found : AddressKind::kPublic;
}

/// The client's address in one of Teredo is stored inverted (RFC 4380).
AddressKind classify_teredo(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 4> client{};
  std::ranges::transform(bytes.subspan(12), client.begin(),
                         [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
  return worst({classify_v4(bytes.subspan(4, 4)), classify_v4(client)});
}

// https://www.iana.org/assignments/iana-ipv6-special-registry; public is what lies in 2000::/3 and in no other range.
AddressKind classify_v6(std::span<const std::uint8_t> bytes) {
  static const std::array kRanges = {
      Range{{0xFC}, 7, AddressKind::kPrivate},         Range{{0xFE, 0x80}, 10, AddressKind::kLinkLocal},
      Range{{0xFE, 0xC0}, 10, AddressKind::kPrivate},  Range{{0xFF}, 8, AddressKind::kMulticast},
      Range{{0x20, 0x01}, 23, AddressKind::kReserved}, Range{{0x20, 0x01, 0x0D, 0xB8}, 32, AddressKind::kReserved},
      Range{{0x3F, 0xFF}, 20, AddressKind::kReserved}, Range{{0x20}, 3, AddressKind::kPublic},
  };
  static const Range kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 96, AddressKind::kPublic};
  static const Range kNat64{{0x00, 0x64, 0xFF, 0x9B}, 96, AddressKind::kPublic};
  static const Range k6to4{{0x20, 0x02}, 16, AddressKind::kPublic};
  static const Range kTeredo{{0x20, 0x01, 0, 0}, 32, AddressKind::kPublic};
  static const Range kZero{{}, 127, AddressKind::kPublic};  // :: and ::1
  if (starts_with(bytes, kZero)) return bytes[15] == 0 ? AddressKind::kUnspecified : AddressKind::kLoopback;
  if (starts_with(bytes, kMapped) || starts_with(bytes, kNat64)) return classify_v4(bytes.subspan(12));
  if (starts_with(bytes, k6to4)) return classify_v4(bytes.subspan(2));
  if (starts_with(bytes, kTeredo)) return classify_teredo(bytes);
  const AddressKind kind = find(bytes, kRanges, AddressKind::kReserved);
  const bool isatap = (bytes[8] & 0xFDU) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
  return isatap ? worst({kind, classify_v4(bytes.subspan(12))}) : kind;
}

/// Takes one number of an IPv4 address off the front: up to a dot or the end.
std::optional<std::uint32_t> take_number(std::string_view& text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  const std::uint64_t base = hexadecimal ? 16 : text.starts_with('0') ? 8 : 10;
  if (text.empty() || text.front() == '.') return std::nullopt;
  std::uint64_t value = 0;
  while (!text.empty() && text.front() != '.') {
    const char c = text.front();
    std::uint64_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > UINT32_MAX) return std::nullopt;
    text.remove_prefix(1);
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<IpAddress> parse_v4(std::string_view text) {
  constexpr int kMaxParts = 4;
  std::uint32_t address = 0;
  for (int part = 0; part < kMaxParts; ++part) {
    if (text.empty() || text.front() == '.') return std::nullopt;
    const auto value = take_number(text);
    if (!value) return std::nullopt;
    const bool last = text.empty();
    const int bits = last ? 8 * (kMaxParts - part) : 8;
    if (std::uint64_t{*value} >> static_cast<unsigned>(bits) != 0) return std::nullopt;
    if (last) {
      address |= *value;
      IpAddress parsed;
      for (int i = 0; i < kMaxParts; ++i)
        parsed.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(address >> (24U - 8U * unsigned(i)));
      return parsed;
    }
    address |= *value << (24U - 8U * static_cast<unsigned>(part));
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
  const std::string without_zone(text.substr(0, text.find('%')));
  IpAddress parsed{.v6 = true};
  if (::inet_pton(AF_INET6, without_zone.c_str(), parsed.bytes.data()) != 1) return std::nullopt;
  return parsed;
}

}  // namespace

std::string_view to_string(AddressKind kind) {
  switch (kind) {
    case AddressKind::kPublic: return "public";
    case AddressKind::kUnspecified: return "unspecified";
    case AddressKind::kLoopback: return "loopback";
    case AddressKind::kPrivate: return "private";
    case AddressKind::kLinkLocal: return "link-local";
    case AddressKind::kMulticast: return "multicast";
    case AddressKind::kBroadcast: return "broadcast";
    case AddressKind::kReserved: return "reserved";
  }
  return "reserved";
}

AddressKind classify(const IpAddress& address) {
  return address.v6 ? classify_v6(address.bytes) : classify_v4(address.bytes);
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::string to_string(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

std::optional<IpAddress> ip_of(const sockaddr& address) {
  IpAddress ip{.v6 = address.sa_family == AF_INET6};
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(ip.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    return ip;
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  std::memcpy(ip.bytes.data(), &in.sin6_addr, sizeof in.sin6_addr);
  return ip;
}

int common_prefix(const IpAddress& a, const IpAddress& b) {
  if (a.v6 != b.v6) return 0;
  const int bits = a.v6 ? 128 : 32;
  for (int bit = 0; bit < bits; ++bit) {
    const auto index = static_cast<std::size_t>(bit / 8);
    const auto mask = static_cast<std::uint8_t>(0x80U >> static_cast<unsigned>(bit % 8));
    if ((a.bytes[index] & mask) != (b.bytes[index] & mask)) return bit;
  }
  return bits;
}

}  // namespace voxlate::remote
