#include "cache/redis_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr int kMaxPort = 65535;
constexpr int kMaxDatabase = 999'999;

[[noreturn]] void expected(std::string_view what, std::string_view got) {
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("expected redis://[:password@]host[:port][/db]: {}, got {}", what, got));
}

int parse_number(std::string_view text, int low, int high, std::string_view what) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < low || number > high)
    expected(fmt::format("{} from {} to {}", what, low, high), fmt::format("\"{}\"", text));
  return number;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
      expected("two hexadecimal digits after each % of user and password", "something else");
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

void parse_credentials(std::string_view text, RedisServer& server) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) expected("a colon before the password", "none before the @");
  server.user = percent_decoded(text.substr(0, colon));
  server.password = percent_decoded(text.substr(colon + 1));
  if (server.password.empty()) expected("a password between : and @", "nothing");
}

/// What follows the host: nothing, or a colon and the port.
void parse_host(std::string_view text, RedisServer& server) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) expected("a ] at the end of an IPv6 address", fmt::format("\"{}\"", text));
    server.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    server.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:";
  if (server.host.empty() || server.host.find_first_not_of(kLetters) != std::string::npos)
    expected("a host name or an address", fmt::format("\"{}\"", server.host));
  if (port.empty()) return;
  if (port.front() != ':') expected("a colon before the port", fmt::format("\"{}\"", port));
  server.port = parse_number(port.substr(1), 1, kMaxPort, "a port");
}

}  // namespace

RedisServer parse_redis_url(std::string_view url) {
  if (url.starts_with("rediss://")) expected("no encryption, which is not offered", "rediss://");
  const std::size_t at = url.rfind('@');
  if (!url.starts_with(kScheme)) {
    expected("redis:// at the begin", at == std::string_view::npos ? fmt::format("\"{}\"", url) : "something else");
  }
  RedisServer server;
  std::string_view rest = url.substr(kScheme.size());
  if (at != std::string_view::npos) {
    parse_credentials(url.substr(kScheme.size(), at - kScheme.size()), server);
    rest = url.substr(at + 1);
  }
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    if (!database.empty()) server.database = parse_number(database, 0, kMaxDatabase, "a database");
    rest = rest.substr(0, slash);
  }
  parse_host(rest, server);
  return server;
}

}  // namespace voxlate::cache
