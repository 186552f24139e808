#include "http/identify.h"

#include <algorithm>
#include <array>

#include "accounts/names.h"
#include "base/log.h"
#include "http/guard.h"

namespace voxlate::http {
namespace {

constexpr std::string_view kBearer = "bearer ";

bool is_safe(std::string_view method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

std::string_view cookie_name(bool secure) { return secure ? "__Host-sid" : "sid"; }

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// All values of a cookie: browsers send one header, but nothing forbids several.
std::vector<std::string> cookie_values(const RequestHead& head, std::string_view name) {
  std::vector<std::string> values;
  for (const Header& header : head.headers) {
    if (header.name != "cookie") continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const auto end = rest.find(';');
      const std::string_view pair = trim(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const auto equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == name)
        values.emplace_back(pair.substr(equals + 1));
    }
  }
  return values;
}

Access access_of(KeyScope scope) {
  switch (scope) {
    case KeyScope::kRead: return Access::kRead;
    case KeyScope::kWrite: return Access::kWrite;
    case KeyScope::kAdmin: return Access::kAdmin;
  }
  return Access::kRead;
}

Caller caller_of(const User& user, Access most, std::string session_id) {
  return {.kind = Caller::Kind::kUser,
          .user_id = user.id,
          .admin = user.role == Role::kAdmin,
          .most = most,
          .session_id = std::move(session_id)};
}

Caller find_caller(accounts::Accounts& accounts, const Credentials& given) {
  if (given.kind == Credentials::Kind::kBearer) {
    if (const auto key = accounts.find_key(given.value)) return caller_of(key->user, access_of(key->key.scope), {});
  }
  if (given.kind == Credentials::Kind::kCookie) {
    if (const auto found = accounts.find_session(given.value)) {
      return caller_of(found->user, Access::kAdmin, found->session.id);
    }
  }
  return {.kind = Caller::Kind::kNobody};
}

// The header fields of draft-ietf-httpapi-ratelimit-headers-10.
void add_rate_headers(Request& request, const accounts::RateLimiter::Policy& policy,
                      const accounts::RateLimiter::Decision& decision) {
  const auto after = decision.allowed ? decision.full_after : decision.retry_after;
  request.more_headers.push_back(
      {.name = "RateLimit-Policy",
       .value = "\"api\";q=" + std::to_string(policy.quota) + ";w=" + std::to_string(policy.window.count())});
  request.more_headers.push_back(
      {.name = "RateLimit",
       .value = "\"api\";r=" + std::to_string(decision.remaining) + ";t=" + std::to_string(after.count())});
}

std::optional<Problem> count_request(accounts::Accounts& accounts, Request& request) {
  if (accounts.request_policy().quota <= 0) return std::nullopt;
  const Caller& caller = request.caller;
  const std::string who = caller.kind == Caller::Kind::kUser ? caller.user_id : accounts::address_group(request.peer);
  const auto decision = accounts.count_request(who);
  add_rate_headers(request, accounts.request_policy(), decision);
  if (decision.allowed) return std::nullopt;
  return Problem{.code = "rate_limited",
                 .detail = "At most " + std::to_string(accounts.request_policy().quota) + " requests a minute.",
                 .retry_after_s = static_cast<int>(decision.retry_after.count())};
}

bool is_probe(const Request& request, Access access) {
  return access == Access::kOpen && !request.path.starts_with("/api/");
}

}  // namespace

std::optional<Problem> admit(Api& api, Request& request, Access access) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return check_access(request.caller, access);
  request.caller = {.kind = Caller::Kind::kNobody};
  if (is_probe(request, access)) return std::nullopt;
  const Credentials given = find_credentials(request.head, request.secure);
  request.caller = find_caller(*accounts, given);
  if (auto problem = count_request(*accounts, request)) return problem;
  if (!request.caller.session_id.empty() && !is_safe(request.head.method) &&
      !is_from_own_page(request.head, request.secure)) {
    log::info("csrf.block", {{"rid", request.id}, {"uid", request.caller.user_id}, {"ip", request.peer}});
    return Problem{.code = "cross_site_request", .detail = "Only a page of this server may do this with its cookie."};
  }
  auto problem = check_access(request.caller, access);
  if (problem && problem->code == "not_signed_in" && given.kind != Credentials::Kind::kNone) {
    log::info("auth.revoked_use", {{"rid", request.id}, {"ip", request.peer}});
    return Problem{.code = "session_expired", .detail = "The session or key has ended; sign in again."};
  }
  return problem;
}

Credentials find_credentials(const RequestHead& head, bool secure) {
  const std::string_view authorization = head.value("authorization");
  if (accounts::lower_case(authorization.substr(0, kBearer.size())) == kBearer) {
    return {.kind = Credentials::Kind::kBearer, .value = std::string(trim(authorization.substr(kBearer.size())))};
  }
  const auto cookies = cookie_values(head, cookie_name(secure));
  if (cookies.size() != 1) return {};
  return {.kind = Credentials::Kind::kCookie, .value = cookies.front()};
}

std::function<bool()> still_signed_in(const Api& api, const Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return [] { return true; };
  const Credentials given = find_credentials(request.head, request.secure);
  return [accounts, given] {
    return given.kind == Credentials::Kind::kBearer ? accounts->is_key_valid(given.value)
                                                    : accounts->is_session_valid(given.value);
  };
}

bool is_from_own_page(const RequestHead& head, bool secure) {
  if (head.has("sec-fetch-site")) return head.value("sec-fetch-site") == "same-origin";
  const std::string own =
      accounts::lower_case(std::string(secure ? "https://" : "http://") + std::string(head.value("host")));
  if (head.has("origin")) return accounts::lower_case(head.value("origin")) == own;
  const std::string referer = accounts::lower_case(head.value("referer"));
  return !referer.empty() && (referer == own || referer.starts_with(own + "/"));
}

std::string session_cookie(std::string_view token, std::chrono::seconds lifetime, bool secure) {
  return std::string(cookie_name(secure)) + "=" + std::string(token) +
         "; Path=/; Max-Age=" + std::to_string(lifetime.count()) + (secure ? "; Secure" : "") +
         "; HttpOnly; SameSite=Lax";
}

std::string ended_session_cookie(bool secure) { return session_cookie("", std::chrono::seconds(0), secure); }

accounts::Origin origin_of(const Request& request) {
  return {.address = accounts::address_group(request.peer),
          .user_agent = std::string(request.head.value("user-agent"))};
}

bool is_from_here(const Request& request) {
  constexpr std::array<std::string_view, 5> kPassedOn = {"forwarded", "x-forwarded-for", "x-forwarded-host",
                                                         "x-real-ip", "via"};
  return accounts::is_loopback(request.peer) &&
         std::ranges::none_of(kPassedOn, [&](std::string_view name) { return request.head.has(name); });
}

}  // namespace voxlate::http
