#include <algorithm>
#include <charconv>

#include "accounts/accounts.h"
#include "base/ids.h"
#include "http/account_json.h"
#include "http/account_requests.h"
#include "http/identify.h"
#include "http/json_body.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr int kUsersPerPage = 100;
constexpr int kRecordsPerPage = 200;
constexpr std::int64_t kMaxQuota = std::int64_t{1} << 50;
constexpr std::int64_t kMaxCount = 1'000'000'000;

Response no_such_user(const Request& request) {
  return problem_response({.code = "not_found", .detail = "There is no such user."}, request);
}

std::optional<Role> read_role(JsonBody& body) {
  const auto text = body.text("role");
  if (!text) return std::nullopt;
  for (const Role role : {Role::kUser, Role::kAdmin}) {
    if (*text == to_string(role)) return role;
  }
  body.fault("role", "Expected user or admin.");
  return std::nullopt;
}

// What is not given stays as in `old`; null: as configured.
std::optional<Quota> read_quota(JsonBody& body, const Quota& old) {
  auto inner = body.object("quota");
  if (!inner) return std::nullopt;
  Quota quota = old;
  if (const auto bytes = inner->number_or_null("stored_bytes", kMaxQuota)) {
    quota.stored_bytes = *bytes ? std::optional(static_cast<std::uint64_t>(**bytes)) : std::nullopt;
  }
  if (const auto jobs = inner->number_or_null("jobs_per_day", kMaxCount)) {
    quota.jobs_per_day = *jobs ? std::optional(static_cast<int>(**jobs)) : std::nullopt;
  }
  if (const auto minutes = inner->number_or_null("minutes_per_day", kMaxCount)) {
    quota.media_per_day = *minutes ? std::optional(std::chrono::minutes(**minutes)) : std::nullopt;
  }
  body.add_faults_of("quota", std::move(*inner));
  return quota;
}

std::optional<std::int64_t> read_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

Response list_users(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  const auto asked = request.query.find("after");
  const std::string after = asked != request.query.end() ? asked->second : std::string();
  auto users = api.services.accounts->store().list_users(after, kUsersPerPage + 1);
  std::optional<std::string> next;
  if (users.size() > kUsersPerPage) {
    users.pop_back();
    next = "/api/users?after=" + users.back().id;
  }
  return json_response(200, user_list_json(api, users, next));
}

Response create_user(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  request.phase = RequestPhase::kChangingAccount;
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  accounts::Accounts::NewUser user = read_new_user(body);
  user.role = read_role(body).value_or(Role::kUser);
  user.quota = read_quota(body, {}).value_or(Quota{});
  if (const auto problem = body.problem()) return problem_response(*problem, request);
  const auto made = accounts->add_user(user, request.caller.user_id, origin_of(request));
  if (!made) return too_busy(request);
  Response response = json_response(201, user_json(api, *made));
  response.add("Location", "/api/users/" + made->id);
  return response;
}

Response show_user(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  const auto user = api.services.accounts->store().find_user(request.captures.at("id"));
  return user ? json_response(200, user_json(api, *user)) : no_such_user(request);
}

Response change_user(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  request.phase = RequestPhase::kChangingAccount;
  const auto user = accounts->store().find_user(request.captures.at("id"));
  if (!user) return no_such_user(request);
  auto read = JsonBody::read(request);
  if (const auto* problem = std::get_if<Problem>(&read)) return problem_response(*problem, request);
  auto& body = std::get<JsonBody>(read);
  UserChange change;
  change.email = body.text("email");
  change.role = read_role(body);
  change.active = body.flag("active");
  change.quota = read_quota(body, user->quota);
  const auto password = body.text("password");
  check_names(body, std::nullopt, change.email);
  if (password) check_new_password(body, "password", *password, user->name);
  if (const auto problem = body.problem()) return problem_response(*problem, request);
  const auto changed =
      accounts->change_user(user->id, std::move(change), password, request.caller.user_id, origin_of(request));
  return changed ? json_response(200, user_json(api, *changed)) : too_busy(request);
}

Response delete_user(Api& api, Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return accounts_off(request);
  request.phase = RequestPhase::kChangingAccount;
  const std::string id = request.captures.at("id");
  if (!accounts->delete_user(id, request.caller.user_id, origin_of(request))) return no_such_user(request);
  api.services.purge_user(id);
  Response response;
  response.status = 204;
  return response;
}

Response show_audit(Api& api, Request& request) {
  if (api.services.accounts == nullptr) return accounts_off(request);
  const auto asked = request.query.find("before");
  const auto before = asked == request.query.end() ? std::optional<std::int64_t>(0) : read_number(asked->second);
  if (!before) {
    return problem_response({.code = "invalid_input", .detail = "before: expected the number of a record."}, request);
  }
  return json_response(200, audit_json(api.services.accounts->store().list_audit(*before, kRecordsPerPage)));
}

}  // namespace voxlate::http
