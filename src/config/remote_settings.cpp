#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

std::vector<int> parse_ports(std::string_view text) {
  std::vector<int> ports;
  for (const std::string& port : parse_list(text)) ports.push_back(parse_int(port, 1, 65535));
  return ports;
}

}  // namespace

std::vector<Setting> remote_settings() {
  return {
      {"remote.allowed_addresses",
       "addresses, ranges and host names inside that users may have fetched from or told: 192.168.1.0/24,nas.lan",
       list(&Config::remote_allowed_addresses)},
      {"remote.allowed_ports", "ports of public addresses that users may have fetched from or told",
       parsed(&Config::remote_allowed_ports, parse_ports)},
  };
}

}  // namespace voxlate::config
