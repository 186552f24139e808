#include "base/ip_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

namespace voxlate {
namespace {

constexpr std::size_t kIpv4At = 12;  // of an IPv4 address in its 16 bytes
constexpr int kIpv4Bits = 96;
constexpr int kAllBits = 128;
constexpr int kClientBits = 64;
constexpr std::size_t kMaxText = 63;

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > kMaxText || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  address.bytes_.at(kIpv4At - 2) = address.bytes_.at(kIpv4At - 1) = 0xff;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data() + kIpv4At) == 1) return address;
  return std::nullopt;
}

IpAddress IpAddress::of(const sockaddr_storage& address) {
  IpAddress result;
  if (address.ss_family == AF_INET6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    std::copy_n(ipv6.s6_addr, result.bytes_.size(), result.bytes_.begin());
  } else if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    result.bytes_.at(kIpv4At - 2) = result.bytes_.at(kIpv4At - 1) = 0xff;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&ipv4), sizeof ipv4, result.bytes_.begin() + kIpv4At);
  }
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

std::optional<IpRange> IpRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
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
