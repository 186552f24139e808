#include "base/ip_address.h"
#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

std::vector<std::string> parse_networks(std::string_view text) {
  std::vector<std::string> networks = parse_list(text);
  for (const std::string& network : networks) {
    if (!IpRange::parse(network)) expected("IP addresses or networks such as 10.0.0.7 or fd00::/8", network);
  }
  return networks;
}

}  // namespace

std::vector<Setting> server_settings() {
  return {
      {"server.host", "address to listen on", plain(&Config::host), {"VOXLATE_HOST"}},
      {"server.port", "TCP port, 0 to 65535; 0 takes a free one", whole(&Config::port, 0, 65'535), {"VOXLATE_PORT"}},
      {"server.max_upload_bytes",
       "largest upload; K, M, G, T are binary multiples",
       bytes(&Config::max_upload_bytes),
       {"MAX_FILE_SIZE_BYTES"}},
      {"server.min_free_disk_bytes", "uploads that would leave less free than this are refused with 507",
       bytes(&Config::min_free_disk_bytes)},
      {"server.max_queued_jobs", "submissions above it are refused with 503",
       whole(&Config::max_queued_jobs, 1, 1'000'000)},
      {"server.max_connections",
       "connections held at the same time, 16 to 65536; one that waits or is slow costs no thread",
       whole(&Config::max_connections, 16, 65'536)},
      {"server.max_connections_per_address",
       "of them by one address, 1 to 65536; this machine and trusted proxies may have all",
       whole(&Config::max_connections_per_address, 1, 65'536)},
      {"server.request_threads", "requests worked on at the same time, 4 to 1024; others wait, and for at most 30 s",
       whole(&Config::request_threads, 4, 1024)},
      {"server.max_event_streams", "event streams held at the same time, 1 to 65536; more are refused with 503",
       whole(&Config::max_event_streams, 1, 65'536)},
      {"server.trusted_proxies",
       "addresses or networks (10.0.0.0/8) whose X-Forwarded-For and X-Forwarded-Proto are believed",
       parsed(&Config::trusted_proxies, parse_networks)},
      {"server.max_waiting_requests",
       "requests that wait for their transcript or translation at once, each with a thread, 1 to 1024",
       whole(&Config::max_waiting_requests, 1, 1024)},
      {"server.allowed_hosts",
       "host names under which clients may reach the server, besides localhost and IP addresses",
       list(&Config::allowed_hosts)},
  };
}

}  // namespace voxlate::config
