#include "accounts/accounts.h"
#include "accounts/names.h"
#include "http/account_json.h"
#include "http/account_requests.h"
#include "http/identify.h"
#include "http/json_body.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

Problem problem_of_refusal(const accounts::Refusal& refusal) {
  using Reason = accounts::Refusal::Reason;
  const int wait_s = static_cast<int>(refusal.retry_after.count());
  switch (refusal.reason) {
    case Reason::kThrottled:
      return {.code = "rate_limited", .detail = "Too many attempts to sign in.", .retry_after_s = wait_s};
    case Reason::kBusy:
      return {.code = "rate_limited", .detail = "Too many are signing in at this moment.", .retry_after_s = wait_s};
    case Reason::kRegistrationClosed:
      return {.code = "registration_closed",
              .detail = "An administrator of this server adds users; the first one is made on the server itself."};
    case Reason::kWrongCredentials: break;
  }
  return {.code = "invalid_credentials", .detail = "The name or the password is wrong."};
}

Response signed_in(const Api& api, Request& request, int status,
                   const std::variant<accounts::SignedIn, accounts::Refusal>& result) {
  if (const auto* refusal = std::get_if<accounts::Refusal>(&result)) {
    return problem_response(problem_of_refusal(*refusal), request);
  }
  const auto& begun = std::get<accounts::SignedIn>(result);
  request.caller = {.kind = Caller::Kind::kUser,
                    .user_id = begun.user.id,
                    .admin = begun.user.role == Role::kAdmin,
                    .session_id = begun.session.id};
  Response response = json_response(status, me_json(api, request, begun.user));
  response.add("Set-Cookie",
               session_cookie(begun.token, api.services.accounts->options().session_longest, request.secure));
  return response;
}

// The session at hand; nothing for keys, which may not do what needs it.
std::optional<SessionOfUser> find_session(const Api& api, const Request& request) {
  const Credentials given = find_credentials(request.head, request.secure);
  if (given.kind != Credentials::Kind::kCookie) return std::nullopt;
  return api.services.accounts->find_session(given.value);
}

}  // namespace

Response accounts_off(const Request& request) {
  return problem_response({.code = "accounts_off", .detail = "Accounts are off: everything is the local user's."},
                          request);
}

Response too_busy(const Request& request) {
  return problem_response(
      problem_of_refusal({.reason = accounts::Refusal::Reason::kBusy, .retry_after = std::chrono::seconds(1)}),
      request);
}

Response needs_session(const Request& request) {
  return problem_response({.code = "not_allowed", .detail = "This needs somebody who signed in, not an API key."},
                          request);
}

void check_new_password(JsonBody& body, const std::string& member, std::string_view password, std::string_view name) {
  if (auto fault = accounts::password_fault(password, accounts::lower_case(name))) body.fault(member, *fault);
}

void check_names(JsonBody& body, const std::optional<std::string>& name, const std::optional<std::string>& email) {
  const auto check = [&](const std::string& member, const std::optional<std::string>& value, auto fault_of) {
    if (!value) return;
    if (auto fault = fault_of(accounts::lower_case(*value))) body.fault(member, *fault);
  };
  check("name", name, accounts::user_name_fault);
  check("email", email, accounts::email_fault);
}

accounts::Accounts::NewUser read_new_user(JsonBody& body) {
  accounts::Accounts::NewUser user;
  user.name = body.required_text("name");
  user.email = body.text("email").value_or("");
  user.password = body.required_text("password");
  check_names(body, user.name, user.email);
  check_new_password(body, "password", user.password, user.name);
  return user;
}

Response register_user(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  request.phase = RequestPhase::kChangingAccount;
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  const accounts::Accounts::NewUser user = read_new_user(body);
  const bool here = is_from_here(request);
  // Whoever may not register does not learn what else is wrong.
  if (accounts->registration(here) != accounts::Registration::kClosed) {
    if (const auto problem = body.problem()) return problem_response(*problem, request);
  }
  return signed_in(api, request, 201, accounts->register_user(user, origin_of(request), here));
}

Response login(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  const std::string name = body.required_text("name");
  const std::string password = body.required_text("password");
  if (name.size() > accounts::kMaxEmailBytes) body.fault("name", "The name is too long.");
  if (password.size() > accounts::kMaxPasswordBytes) body.fault("password", "The password is too long.");
  if (const auto problem = body.problem()) return problem_response(*problem, request);
  const Credentials old = find_credentials(request.head, request.secure);
  const std::string old_token = old.kind == Credentials::Kind::kCookie ? old.value : std::string();
  return signed_in(api, request, 200, accounts->sign_in(name, password, origin_of(request), old_token));
}

Response logout(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  if (const auto session = find_session(api, request)) api.services.accounts->sign_out(*session, origin_of(request));
  Response response;
  response.status = 204;
  response.add("Set-Cookie", ended_session_cookie(request.secure));
  response.add("Clear-Site-Data", R"("cookies", "storage", "cache")");
  return response;
}

Response show_me(Api& api, Request& request) {
  std::optional<User> user;
  if (request.caller.kind == Caller::Kind::kUser)
    user = api.services.accounts->store().find_user(request.caller.user_id);
  return json_response(200, me_json(api, request, user));
}

Response change_password(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  const auto session = find_session(api, request);
  if (!session) return needs_session(request);
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  const std::string old_password = body.required_text("old_password");
  const std::string new_password = body.required_text("new_password");
  if (old_password.size() > accounts::kMaxPasswordBytes) body.fault("old_password", "The password is too long.");
  check_new_password(body, "new_password", new_password, session->user.name);
  if (const auto problem = body.problem()) return problem_response(*problem, request);
  return signed_in(api, request, 200,
                   api.services.accounts->change_password(*session, old_password, new_password, origin_of(request)));
}

}  // namespace voxlate::http
