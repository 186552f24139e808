#include "http/guessing.h"

#include "accounts/login_throttle.h"
#include "base/log.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

bool names_an_id(const Route& route) {
  if (route.pattern.starts_with("/api/models/") || route.pattern.starts_with("/v1/")) return false;
  // These two name uploads in what they send.
  const bool inside = route.method == "POST" && (route.pattern == "/api/jobs" || route.pattern == "/api/uploads");
  return inside || route.pattern.find('{') != std::string_view::npos;
}

/// Under which name the caller is counted; empty: not at all.
std::string guesser(const Api& api, const Request& request, const Route& route) {
  if (api.options.max_missed_ids_per_minute <= 0 || !names_an_id(route)) return {};
  if (api.services.accounts == nullptr && accounts::is_loopback(request.peer)) return {};
  return request.caller.kind == Caller::Kind::kUser ? request.caller.user_id : accounts::address_group(request.peer);
}

}  // namespace

std::optional<Problem> refuse_guessing(Api& api, const Request& request, const Route& route) {
  const std::string who = guesser(api, request, route);
  if (who.empty()) return std::nullopt;
  const auto decision = api.misses.look(who);
  if (decision.allowed) return std::nullopt;
  log::info("authz.throttle", {{"rid", request.id}, {"uid", request.caller.user_id}, {"ip", request.peer}});
  return Problem{.code = "rate_limited",
                 .detail = "Too many requests for what is not there: at most " +
                           std::to_string(api.options.max_missed_ids_per_minute) + " a minute.",
                 .retry_after_s = static_cast<int>(decision.retry_after.count())};
}

void count_miss(Api& api, const Request& request, const Route& route, int status) {
  if (status != 404) return;
  const std::string who = guesser(api, request, route);
  if (!who.empty()) api.misses.take(who);
}

}  // namespace voxlate::http
