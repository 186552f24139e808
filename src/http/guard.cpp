#include "http/guard.h"

#include <algorithm>

#include "base/ip_address.h"

namespace voxlate::http {
namespace {

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

std::optional<Problem> check_host(const RequestHead& head, const Options& options) {
  if (!head.has("host")) return std::nullopt;
  const std::string host = host_name(head.value("host"));
  const bool known = host == "localhost" || host.ends_with(".localhost") || IpAddress::parse(host) ||
                     host == options.host ||
                     std::ranges::find(options.allowed_hosts, host) != options.allowed_hosts.end();
  if (known) return std::nullopt;
  return Problem{.code = "misdirected_request",
                 .detail = "This server does not answer for that host name; use its address or configure the name."};
}

std::optional<Problem> check_origin(const RequestHead& head) {
  if (is_safe(head.method)) return std::nullopt;
  // A page cannot send this to another site without asking first, which is never granted.
  if (head.value("authorization").starts_with("Bearer ")) return std::nullopt;
  Problem refused{.code = "cross_site_request", .detail = "A page of another site may not change anything here."};
  if (head.has("sec-fetch-site")) {
    return head.value("sec-fetch-site") == "same-origin" ? std::nullopt : std::optional(refused);
  }
  if (!head.has("origin")) return std::nullopt;
  const std::string_view origin = head.value("origin");
  const auto scheme_end = origin.find("://");
  const bool same = scheme_end != std::string_view::npos && origin.substr(scheme_end + 3) == head.value("host");
  return same ? std::nullopt : std::optional(refused);
}

std::optional<Problem> check_access(const Caller& caller, Access access) {
  if (caller.may(access)) return std::nullopt;
  if (caller.kind == Caller::Kind::kNobody) {
    return Problem{.code = "not_signed_in", .detail = "Sign in, or send an API key as a bearer token."};
  }
  return Problem{.code = "not_allowed", .detail = "This is not allowed with this account or API key."};
}

}  // namespace voxlate::http
