#include "remote/address_rules.h"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "base/ip_address_kind.h"
#include "remote/curl_ptr.h"
#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorCode::kInvalidInput, "this address is not allowed: " + reason);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// Names are the same with and without the dot of the root.
std::string_view without_final_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

bool is_ascii_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::optional<IpAddress> parse_ip(std::string_view text) { return IpAddress::parse(text, IpSpelling::kAny); }

std::string url_part(CURLU* url, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  const TextPtr owned(text);
  return text;
}

/// What of names never leads out: RFC 6761, and names without a dot, which only a local resolver knows.
bool is_local_name(std::string_view host) {
  return host.find('.') == std::string_view::npos || host == "localhost" || host.ends_with(".localhost") ||
         host.ends_with(".local") || host.ends_with(".internal");
}

// libcurl turns numbers into dotted form only when there is no dot behind them.
std::string ascii_host(CURLU* handle) {
  std::string host = lower(url_part(handle, CURLUPART_HOST, 0));
  if (std::ranges::any_of(host, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    refuse("write its host name in ASCII (xn--...)");
  if (host.starts_with('[') && host.ends_with(']')) {
    const std::string_view inner = std::string_view(host).substr(1, host.size() - 2);
    const auto address = parse_ip(inner);
    if (!address || inner.find(':') == std::string_view::npos) refuse("it is no IPv6 address");
    return address->text();
  }
  host = without_final_dot(host);
  if (!is_ascii_host(host)) refuse("its host name has characters that no name has");
  if (const auto address = parse_ip(host)) return address->text();
  const auto last_label = host.substr(host.rfind('.') + 1);
  if (last_label.empty() || std::ranges::all_of(last_label, [](char c) { return c >= '0' && c <= '9'; }) ||
      last_label.starts_with("0x")) {
    refuse("its host is neither a name nor an address");
  }
  return host;
}

}  // namespace

AddressRules::AddressRules(const Options& options) : ports_(options.ports), http_(options.http) {
  for (const std::string& entry : options.allowed) {
    if (const auto range = IpRange::parse(entry, IpSpelling::kAny)) {
      networks_.push_back(*range);
    } else if (is_ascii_host(lower(entry))) {
      names_.emplace_back(without_final_dot(lower(entry)));
    } else {
      throw Error(ErrorCode::kInvalidInput,
                  "expected an address, a range such as 192.168.1.0/24, or a host name, got \"" + entry + "\"");
    }
  }
}

bool AddressRules::is_allowed_name(std::string_view host) const {
  return std::ranges::find(names_, host) != names_.end();
}

std::optional<std::string> AddressRules::check_port(int port, bool https) const {
  if (!https && !http_) return "it is not https";
  if (std::ranges::find(ports_, port) != ports_.end()) return std::nullopt;
  std::string known;
  for (const int allowed : ports_) known += (known.empty() ? "" : ", ") + std::to_string(allowed);
  return "its port is " + std::to_string(port) + ", and only " + known + " may be used";
}

std::string AddressRules::check_url(const std::string& url) const {
  if (url.size() > kMaxUrlBytes) refuse("it is longer than " + std::to_string(kMaxUrlBytes) + " characters");
  if (std::ranges::any_of(url, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\'; }))
    refuse("it has spaces, control characters or backslashes");
  const UrlPtr handle(curl_url());
  if (!handle) throw Error(ErrorCode::kOutOfMemory, "no memory for an address");
  const auto authority = url.find("://");
  if (authority == std::string::npos || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    refuse("it is no https address");
  const std::string scheme = lower(url_part(handle.get(), CURLUPART_SCHEME, 0));
  if (scheme != "https" && scheme != "http") refuse("only https and http are, not " + scheme);
  const auto end = url.find_first_of("/?#", authority + 3);
  if (end == authority + 3) refuse("it has no host");  // libcurl would skip the slashes
  if (url.substr(authority, end - authority).find('@') != std::string::npos) refuse("it has a user name in it");
  const std::string host = ascii_host(handle.get());
  const std::string port_text = url_part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  int port = 0;
  std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (const auto address = parse_ip(host)) {
    if (const auto reason = check_socket(host, *address, port, scheme == "https")) refuse(*reason);
  } else if (!is_allowed_name(host)) {
    if (is_local_name(host)) refuse("its host is in a local network");
    // Of a name in an allowed network the socket decides.
    const auto reason = networks_.empty() ? check_port(port, scheme == "https") : std::nullopt;
    if (reason) refuse(*reason);
  }
  const std::string bracketed = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  curl_url_set(handle.get(), CURLUPART_HOST, bracketed.c_str(), 0);
  curl_url_set(handle.get(), CURLUPART_ZONEID, nullptr, 0);
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return url_part(handle.get(), CURLUPART_URL, 0);
}

std::optional<std::string> AddressRules::check_socket(std::string_view host, const IpAddress& address, int port,
                                                      bool https) const {
  if (is_allowed_name(without_final_dot(host)) || contains(networks_, address)) return std::nullopt;
  const IpAddressKind kind = kind_of(address);
  if (kind != IpAddressKind::kPublic) return "its host is at a " + std::string(to_string(kind)) + " address";
  if (is_own_address(address)) return "its host is this machine";
  return check_port(port, https);
}

bool is_own_address(const IpAddress& address) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(list, ::freeifaddrs);
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr != nullptr && IpAddress::of(*entry->ifa_addr) == address) return true;
  }
  return false;
}

}  // namespace voxlate::remote
