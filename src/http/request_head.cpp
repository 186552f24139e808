#include "http/request_head.h"

#include <algorithm>
#include <array>

namespace voxlate::http {
namespace {

constexpr std::array kMethods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t kMaxLengthDigits = 18;

Problem malformed(std::string detail) { return {.code = "malformed_request", .detail = std::move(detail)}; }

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

bool is_authority(std::string_view text) {
  constexpr std::string_view kMarks = "-._~:[]%";
  return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// Splits "item, item"; calls `use` with each, lower case.
template <typename Use>
void for_each_item(std::string_view list, Use use) {
  while (true) {
    const auto comma = list.find(',');
    use(lower(trim(list.substr(0, comma))));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// A proxy sends "GET http://host/path": the authority replaces Host (RFC 9112, 3.2.2).
void normalise_target(RequestHead& head) {
  constexpr std::string_view kScheme = "http://";
  if (lower(std::string_view(head.target).substr(0, kScheme.size())) != kScheme) return;
  const std::string rest = head.target.substr(kScheme.size());
  const auto slash = rest.find_first_of("/?");
  head.target = slash == std::string::npos ? "/" : (rest[slash] == '?' ? "/" : "") + rest.substr(slash);
  for (Header& header : head.headers) {
    if (header.name == "host") header.value = rest.substr(0, slash);
  }
}

std::optional<Problem> parse_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last) {
    return malformed("The request line must be: method, one space, target, one space, version.");
  }
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(head.method)) return malformed("The method is not a token.");
  if (version.size() != 8 || !version.starts_with("HTTP/")) return malformed("The version must be HTTP/1.1.");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Problem{.code = "version_not_supported", .detail = "This server speaks HTTP/1.1 and HTTP/1.0."};
  }
  head.minor_version = version.back() - '0';
  if (std::ranges::find(kMethods, head.method) == kMethods.end()) {
    return Problem{.code = "not_implemented", .detail = "This server does not know the method."};
  }
  return std::nullopt;
}

// Names under which programs behind a server look for the ends of the connection, in any spelling.
bool claims_an_end(std::string name) {
  constexpr std::array<std::string_view, 6> kNames = {"remote-addr", "remote-port", "remote-host",
                                                      "local-addr",  "local-port",  "remote-user"};
  std::ranges::replace(name, '_', '-');
  return std::ranges::find(kNames, name) != kNames.end();
}

std::optional<Problem> parse_header_line(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t') return malformed("A header line is folded.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("A header line has no colon.");
  if (!is_token(line.substr(0, colon))) return malformed("A header name is not a token.");
  const std::string_view value = trim(line.substr(colon + 1));
  if (!is_field_value(value)) return malformed("A header value holds control characters.");
  if (head.headers.size() == kMaxHeaders) {
    return Problem{.code = "head_too_large", .detail = "More than " + std::to_string(kMaxHeaders) + " headers."};
  }
  std::string name = lower(line.substr(0, colon));
  if (!claims_an_end(name)) head.headers.push_back({.name = std::move(name), .value = std::string(value)});
  return std::nullopt;
}

std::optional<Problem> read_length(RequestHead& head) {
  for (const Header& header : head.headers) {
    if (header.name != "content-length") continue;
    if (head.content_length) return malformed("Content-Length is given twice.");
    if (header.value.empty() || header.value.size() > kMaxLengthDigits ||
        header.value.find_first_not_of("0123456789") != std::string::npos) {
      return malformed("Content-Length must be a decimal number.");
    }
    head.content_length = std::stoull(header.value);
  }
  return std::nullopt;
}

// How the body is framed: one way only, or the request is refused (RFC 9112, 6.3).
std::optional<Problem> read_framing(RequestHead& head) {
  if (auto problem = read_length(head)) return problem;
  for (const Header& header : head.headers) {
    if (header.name != "transfer-encoding") continue;
    if (head.chunked || lower(header.value) != "chunked") {
      return malformed("The only Transfer-Encoding understood is one `chunked`.");
    }
    head.chunked = true;
  }
  if (head.chunked && head.content_length) return malformed("Content-Length together with Transfer-Encoding.");
  if (head.chunked && head.minor_version == 0) return malformed("Transfer-Encoding needs HTTP/1.1.");
  const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
  const bool may_have_body = head.method == "POST" || head.method == "PUT" || head.method == "PATCH";
  if (has_body && !may_have_body) return malformed("A " + head.method + " request must have no body.");
  const bool coded = std::ranges::any_of(head.headers, [](const Header& header) {
    return header.name == "content-encoding" && lower(header.value) != "identity";
  });
  if (has_body && coded) {
    return Problem{.code = "unsupported_content", .detail = "Compressed request bodies are not accepted."};
  }
  return std::nullopt;
}

std::optional<Problem> read_connection(RequestHead& head) {
  head.keep_alive = head.minor_version == 1;
  for (const Header& header : head.headers) {
    if (header.name == "connection") {
      for_each_item(header.value, [&](const std::string& item) {
        if (item == "close") head.keep_alive = false;
      });
    }
    if (header.name == "expect") {
      if (lower(header.value) != "100-continue") {
        return Problem{.code = "expectation_failed", .detail = "The only expectation understood is 100-continue."};
      }
      head.expect_continue = head.minor_version == 1;
    }
  }
  return std::nullopt;
}

std::optional<Problem> check_host(const RequestHead& head) {
  const auto hosts = std::ranges::count(head.headers, std::string("host"), &Header::name);
  if (hosts > 1) return malformed("Host is given twice.");
  if (hosts == 0 && head.minor_version == 1) return malformed("Host is missing.");
  if (hosts == 1 && !is_authority(head.value("host"))) return malformed("Host is not a host name.");
  return std::nullopt;
}

}  // namespace

std::string_view RequestHead::value(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &Header::name);
  return found != headers.end() ? std::string_view(found->value) : std::string_view();
}

bool RequestHead::has(std::string_view name) const {
  return std::ranges::find(headers, name, &Header::name) != headers.end();
}

void RequestHead::drop_forwarded() {
  std::erase_if(headers, [](const Header& header) {
    return header.name == "forwarded" || header.name == "x-real-ip" || header.name.starts_with("x-forwarded-");
  });
}

std::variant<std::size_t, std::monostate, Problem> HeadFinder::find(std::string_view bytes) {
  while (true) {
    const auto line_end = bytes.find('\n', seen_);
    const std::size_t known_end = line_end == std::string_view::npos ? bytes.size() : line_end;
    if (known_end - line_start_ > kMaxLineBytes || known_end > kMaxHeadBytes) {
      return Problem{.code = line_start_ == 0 ? "uri_too_long" : "head_too_large",
                     .detail = "A request head has at most " + std::to_string(kMaxHeadBytes) + " bytes, a line " +
                               std::to_string(kMaxLineBytes) + "."};
    }
    if (bytes.substr(seen_, known_end - seen_).find('\0') != std::string_view::npos) {
      return malformed("The request head holds a NUL.");
    }
    seen_ = known_end;
    if (line_end == std::string_view::npos) return std::monostate{};
    if (line_end == line_start_ || bytes[line_end - 1] != '\r') return malformed("A line must end with CR LF.");
    if (line_end == line_start_ + 1) return line_end + 1;
    seen_ = line_start_ = line_end + 1;
  }
}

std::variant<std::size_t, std::monostate, Problem> find_head_end(std::string_view bytes) {
  return HeadFinder().find(bytes);
}

std::variant<RequestHead, Problem> parse_request_head(std::string_view text) {
  RequestHead head;
  bool first = true;
  while (true) {
    const auto end = text.find("\r\n");
    if (end == std::string_view::npos) return malformed("The request head does not end with an empty line.");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty() && first) return malformed("The request line is missing.");
    if (line.empty()) break;
    if (auto problem = first ? parse_request_line(line, head) : parse_header_line(line, head)) return *problem;
    first = false;
  }
  if (auto problem = check_host(head)) return *problem;
  normalise_target(head);
  if (!is_target(head.target)) return malformed("The target must be a path of visible ASCII characters.");
  if (auto problem = check_host(head)) return *problem;
  if (auto problem = read_framing(head)) return *problem;
  if (auto problem = read_connection(head)) return *problem;
  return head;
}

std::string host_name(std::string_view authority) {
  if (authority.starts_with('[')) return lower(authority.substr(1, authority.find(']') - 1));
  return lower(authority.substr(0, authority.find(':')));
}

}  // namespace voxlate::http
