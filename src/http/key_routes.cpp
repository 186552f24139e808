#include "accounts/accounts.h"
#include "accounts/names.h"
#include "http/account_json.h"
#include "http/account_requests.h"
#include "http/identify.h"
#include "http/json_body.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr std::int64_t kMaxKeyDays = 3650;

std::optional<KeyScope> parse_scope(std::string_view text) {
  for (const KeyScope scope : {KeyScope::kRead, KeyScope::kWrite, KeyScope::kAdmin}) {
    if (text == to_string(scope)) return scope;
  }
  return std::nullopt;
}

Response gone() {
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

Response list_keys(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  return json_response(200, key_list_json(api.services.accounts->store().list_keys(request.caller.user_id)));
}

// Only for who signed in: a key that leaked must not make others that outlive it.
Response create_key(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  if (request.caller.session_id.empty()) return needs_session(request);
  request.phase = RequestPhase::kChangingAccount;
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  const std::string name = body.required_text("name");
  const std::string scope_name = body.text("scope").value_or("write");
  const auto days = body.number_or_null("expires_in_days", kMaxKeyDays);
  if (auto fault = accounts::label_fault(name)) body.fault("name", *fault);
  const auto scope = parse_scope(scope_name);
  if (!scope) body.fault("scope", "Expected read, write or admin.");
  if (scope == KeyScope::kAdmin && !request.caller.admin) body.fault("scope", "Only administrators make such keys.");
  if (days && *days == 0) body.fault("expires_in_days", "Expected at least 1.");
  if (const auto problem = body.problem()) return problem_response(*problem, request);
  std::optional<TimePoint> expires_at;
  if (days && *days) expires_at = api.services.clock.now() + std::chrono::days(**days);
  const auto user = accounts->store().find_user(request.caller.user_id);
  if (!user) return needs_session(request);
  const accounts::NewKey made = accounts->make_key(*user, name, *scope, expires_at, origin_of(request));
  return json_response(201, new_key_json(made));
}

Response revoke_key(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  if (request.caller.session_id.empty()) return needs_session(request);
  if (api.services.accounts->revoke_key(request.caller.user_id, request.captures.at("id"), origin_of(request))) {
    return gone();
  }
  return problem_response({.code = "not_found", .detail = "There is no such key."}, request);
}

Response list_sessions(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  const auto sessions = api.services.accounts->store().list_sessions(request.caller.user_id, api.services.clock.now());
  return json_response(200, session_list_json(sessions, request.caller.session_id));
}

Response end_session(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  if (request.caller.session_id.empty()) return needs_session(request);
  if (api.services.accounts->end_session(request.caller.user_id, request.captures.at("id"), origin_of(request))) {
    return gone();
  }
  return problem_response({.code = "not_found", .detail = "There is no such session."}, request);
}

}  // namespace voxlate::http
