#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address_kind.h"
#include "remote/address_rules.h"
#include "voxlate/error.h"

namespace {

using namespace voxlate;
using namespace voxlate::remote;

std::optional<IpAddress> parse_ip(std::string_view text) { return IpAddress::parse(text, IpSpelling::kAny); }

// A second judge, by masks over one number: what must never be reached by IPv4.
bool is_inside_v4(std::uint32_t ip) {
  struct Range {
    std::uint32_t begin;
    std::uint32_t mask;
  };
  constexpr std::array kInside = {
      Range{0x00000000, 0xFF000000}, Range{0x0A000000, 0xFF000000}, Range{0x64400000, 0xFFC00000},
      Range{0x7F000000, 0xFF000000}, Range{0xA9FE0000, 0xFFFF0000}, Range{0xAC100000, 0xFFF00000},
      Range{0xC0000000, 0xFFFFFF00}, Range{0xC0A80000, 0xFFFF0000}, Range{0xE0000000, 0xE0000000}};
  for (const Range& range : kInside) {
    if ((ip & range.mask) == range.begin) return true;
  }
  return false;
}

std::uint32_t number(const std::uint8_t* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return ntohl(value);
}

bool is_inside_v6(const in6_addr& ip) {
  const std::uint8_t* const b = ip.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) return is_inside_v4(number(b + 12));
  if (b[0] == 0x20 && b[1] == 0x02) return is_inside_v4(number(b + 2));
  const bool nat64 = number(b) == 0x0064FF9B && number(b + 4) == 0 && number(b + 8) == 0;
  if (nat64) return is_inside_v4(number(b + 12));
  return IN6_IS_ADDR_LOOPBACK(&ip) || IN6_IS_ADDR_UNSPECIFIED(&ip) || IN6_IS_ADDR_LINKLOCAL(&ip) ||
         IN6_IS_ADDR_SITELOCAL(&ip) || IN6_IS_ADDR_MULTICAST(&ip) || IN6_IS_ADDR_V4COMPAT(&ip) || (b[0] & 0xFE) == 0xFC;
}

/// What the system's resolver takes the text for, without asking anybody.
void check_against_resolver(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return;
  const auto ours = parse_ip(host);
  if (ours != IpAddress::of(*found->ai_addr)) std::abort();  // an address that we take for a name, or for another
  const bool is_public = kind_of(*ours) == IpAddressKind::kPublic;
  if (found->ai_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, found->ai_addr, sizeof in);
    if (is_inside_v4(ntohl(in.sin_addr.s_addr)) && is_public) std::abort();
  } else {
    sockaddr_in6 in{};
    std::memcpy(&in, found->ai_addr, sizeof in);
    if (is_inside_v6(in.sin6_addr) && is_public) std::abort();
  }
  ::freeaddrinfo(found);
}

/// A URL that passes leads to a name or to a public address, and passes again as it is asked.
void check_url(const std::string& url) {
  static const AddressRules kRules({});
  std::string asked;
  try {
    asked = kRules.check_url(url);
  } catch (const Error&) {
    return;
  }
  if (kRules.check_url(asked) != asked) std::abort();
  const auto begin = asked.find("://") + 3;
  std::string host = asked.substr(begin, asked.find_first_of("/?#", begin) - begin);
  if (host.find('@') != std::string::npos) std::abort();
  if (host.starts_with('['))
    host = host.substr(1, host.find(']') - 1);
  else
    host = host.substr(0, host.find(':'));
  check_against_resolver(host);
  const auto ip = parse_ip(host);
  if (ip && kind_of(*ip) != IpAddressKind::kPublic) std::abort();
}

}  // namespace

// The classifier of addresses that users give, beside the resolver and inet_aton of the C library.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find('\0') == std::string::npos) {
    in_addr aton{};
    const bool known = ::inet_aton(text.c_str(), &aton) != 0 && text.find_first_of(" \t\r\n\v\f") == std::string::npos;
    const auto ours = parse_ip(text);
    const bool dotted = ours && text.find(':') == std::string::npos;
    if (known != dotted) std::abort();
    if (known && std::memcmp(&aton, ours->bytes().data() + 12, 4) != 0) std::abort();
    const auto strict = IpAddress::parse(text);
    if (strict && strict != ours) std::abort();
    check_against_resolver(text);
  }
  check_url(text);
  check_url("http://" + text);
  check_url("https://[" + text + "]/");
  return 0;
}
