#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace voxlate {
namespace {

constexpr std::size_t kIpv4At = 12;  // of an IPv4 address in its 16 bytes
constexpr int kIpv4Bits = 96;
constexpr int kAllBits = 128;
constexpr int kClientBits = 64;
using Ipv4Bytes = std::array<std::uint8_t, 4>;

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
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
    if (value > UINT32_MAX) return std::nullopt;
    text.remove_prefix(1);
  }
  return static_cast<std::uint32_t>(value);
}

std::optional<Ipv4Bytes> parse_any_ipv4(std::string_view text) {
  Ipv4Bytes bytes{};
  for (std::size_t part = 0; part < bytes.size(); ++part) {
    auto value = take_number(text);
    if (!value) return std::nullopt;
    const bool last = text.empty();
    for (std::size_t i = last ? bytes.size() : part + 1; i-- > part;) {
      bytes.at(i) = static_cast<std::uint8_t>(*value);
      *value >>= 8U;
    }
    if (*value != 0) return std::nullopt;
    if (last) return bytes;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::optional<Ipv4Bytes> parse_strict_ipv4(const std::string& text) {
  Ipv4Bytes bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text, IpSpelling spelling) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const bool any = spelling == IpSpelling::kAny;
  if (text.find(':') == std::string_view::npos) {
    const auto bytes = any ? parse_any_ipv4(text) : parse_strict_ipv4(std::string(text));
    return bytes ? std::optional(of_ipv4(*bytes)) : std::nullopt;
  }
  const std::string ipv6(any ? text.substr(0, text.find('%')) : text);
  IpAddress address;
  return ::inet_pton(AF_INET6, ipv6.c_str(), address.bytes_.data()) == 1 ? std::optional(address) : std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    Ipv4Bytes bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return of_ipv4(bytes);
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  IpAddress result;
  std::ranges::copy(in.sin6_addr.s6_addr, result.bytes_.begin());
  return result;
}

IpAddress IpAddress::of_ipv4(std::span<const std::uint8_t, 4> bytes) {
  IpAddress result;
  result.bytes_.at(kIpv4At - 2) = result.bytes_.at(kIpv4At - 1) = 0xff;
  std::ranges::copy(bytes, result.bytes_.begin() + kIpv4At);
  return result;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool ipv4 = is_ipv4();
  const auto* from = bytes_.data() + (ipv4 ? kIpv4At : 0);
  ::inet_ntop(ipv4 ? AF_INET : AF_INET6, from, text.data(), static_cast<socklen_t>(text.size()));
  return text.data();
}

bool IpAddress::is_ipv4() const {
  const bool zero =
      std::all_of(bytes_.begin(), bytes_.begin() + kIpv4At - 2, [](std::uint8_t byte) { return byte == 0; });
  return zero && bytes_.at(kIpv4At - 2) == 0xff && bytes_.at(kIpv4At - 1) == 0xff;
}

bool IpAddress::is_loopback() const {
  if (is_ipv4()) return bytes_.at(kIpv4At) == 127;
  return bytes_.back() == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

IpAddress IpAddress::network() const { return is_ipv4() ? *this : prefix(kClientBits); }

IpAddress IpAddress::prefix(int bits) const {
  IpAddress result = *this;
  for (std::size_t i = 0; i < result.bytes_.size(); ++i) {
    const int kept = std::clamp(bits - static_cast<int>(i) * 8, 0, 8);
    result.bytes_.at(i) &= static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(kept));
  }
  return result;
}

std::optional<IpRange> IpRange::parse(std::string_view text, IpSpelling spelling) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash), spelling);
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return IpRange(*address, kAllBits);
  // "::ffff:10.0.0.0/104" counts its bits from the front, "10.0.0.0/8" from the IPv4 part.
  const int before = text.find(':') == std::string_view::npos ? kIpv4Bits : 0;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || bits < 0 || bits > kAllBits - before) {
    return std::nullopt;
  }
  return IpRange(address->prefix(before + bits), before + bits);
}

bool contains(const std::vector<IpRange>& ranges, const IpAddress& address) {
  return std::ranges::any_of(ranges, [&](const IpRange& range) { return range.contains(address); });
}

}  // namespace voxlate
