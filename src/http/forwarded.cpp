#include "http/forwarded.h"

namespace voxlate::http {
namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<IpAddress> parse_node(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    return end == std::string_view::npos ? std::nullopt : IpAddress::parse(text.substr(1, end - 1));
  }
  if (const auto address = IpAddress::parse(text)) return address;
  return IpAddress::parse(text.substr(0, text.find(':')));
}

// The items of all headers of a name, in order.
std::vector<std::string_view> items_of(const RequestHead& head, std::string_view name) {
  std::vector<std::string_view> items;
  for (const Header& header : head.headers) {
    if (header.name != name) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const auto comma = rest.find(',');
      items.push_back(trim(rest.substr(0, comma)));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return items;
}

}  // namespace

RemoteEnd remote_end_of(const RequestHead& head, const IpAddress& socket_peer,
                        const std::vector<IpRange>& trusted_proxies) {
  RemoteEnd end{.peer = socket_peer};
  if (!contains(trusted_proxies, socket_peer)) return end;
  const auto schemes = items_of(head, "x-forwarded-proto");
  end.secure = !schemes.empty() && schemes.back() == "https";
  const auto nodes = items_of(head, "x-forwarded-for");
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    const auto address = parse_node(*node);
    if (!address) break;
    end.peer = *address;
    if (!contains(trusted_proxies, *address)) break;
  }
  return end;
}

}  // namespace voxlate::http
