#include "http/account_json.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "http/identify.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json time_or_null(const std::optional<TimePoint>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

template <typename Number>
Json number_or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

std::int64_t whole_minutes(std::chrono::milliseconds time) {
  return std::chrono::ceil<std::chrono::minutes>(time).count();
}

Json user_document(const Api& api, const User& user) {
  const OwnerLimits limits = api.services.accounts->limits_of(user);
  const OwnerUsage usage = api.services.store.usage_of(user.id, api.services.clock.now());
  const Quota& quota = user.quota;
  return {{"id", user.id},
          {"name", user.name},
          {"email", user.email},
          {"role", to_string(user.role)},
          {"active", user.active},
          {"created_at", format_utc(user.created_at)},
          {"password_changed_at", format_utc(user.password_changed_at)},
          {"last_login_at", time_or_null(user.last_login_at)},
          {"quota",
           {{"stored_bytes", number_or_null(quota.stored_bytes)},
            {"jobs_per_day", number_or_null(quota.jobs_per_day)},
            {"minutes_per_day", quota.media_per_day ? Json(quota.media_per_day->count()) : Json(nullptr)}}},
          {"limits",
           {{"stored_bytes", number_or_null(limits.stored_bytes)},
            {"jobs_per_day", number_or_null(limits.jobs_per_day)},
            {"minutes_per_day", limits.media_per_day ? Json(whole_minutes(*limits.media_per_day)) : Json(nullptr)},
            {"queued_jobs", number_or_null(limits.queued_jobs)}}},
          {"usage",
           {{"stored_bytes", usage.stored_bytes},
            {"jobs_today", usage.jobs_today},
            {"minutes_today", whole_minutes(usage.media_today)},
            {"queued_jobs", usage.queued_jobs}}}};
}

Json key_document(const ApiKey& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"scope", to_string(key.scope)},
          {"created_at", format_utc(key.created_at)},
          {"expires_at", time_or_null(key.expires_at)},
          {"last_used_at", time_or_null(key.last_used_at)}};
}

std::string_view registration_name(accounts::Registration registration) {
  switch (registration) {
    case accounts::Registration::kClosed: return "closed";
    case accounts::Registration::kFirst: return "first";
    case accounts::Registration::kOpen: return "open";
  }
  return "closed";
}

Json scope_of(const Caller& caller) {
  if (caller.kind != Caller::Kind::kUser) return nullptr;
  const Access most = caller.admin || caller.most != Access::kAdmin ? caller.most : Access::kWrite;
  return most == Access::kRead ? "read" : most == Access::kWrite ? "write" : "admin";
}

}  // namespace

std::string user_json(const Api& api, const User& user) { return text_of(user_document(api, user)); }

std::string user_list_json(const Api& api, const std::vector<User>& users, const std::optional<std::string>& next) {
  Json list = Json::array();
  for (const User& user : users) list.push_back(user_document(api, user));
  return text_of({{"users", std::move(list)}, {"next", number_or_null(next)}});
}

std::string me_json(const Api& api, const Request& request, const std::optional<User>& user) {
  accounts::Accounts* const accounts = api.services.accounts;
  const auto registration =
      accounts != nullptr ? accounts->registration(is_from_here(request)) : accounts::Registration::kClosed;
  const Caller& caller = request.caller;
  return text_of({{"accounts", accounts != nullptr},
                  {"registration", registration_name(registration)},
                  {"user", user ? user_document(api, *user) : Json(nullptr)},
                  {"scope", scope_of(caller)},
                  {"session_id", caller.session_id.empty() ? Json(nullptr) : Json(caller.session_id)}});
}

std::string key_json(const ApiKey& key) { return text_of(key_document(key)); }

std::string new_key_json(const accounts::NewKey& key) {
  Json document = key_document(key.key);
  document["key"] = key.text;
  return text_of(document);
}

std::string key_list_json(const std::vector<ApiKey>& keys) {
  Json list = Json::array();
  for (const ApiKey& key : keys) list.push_back(key_document(key));
  return text_of({{"keys", std::move(list)}});
}

std::string session_list_json(const std::vector<Session>& sessions, const std::string& own_id) {
  Json list = Json::array();
  for (const Session& session : sessions) {
    list.push_back({{"id", session.id},
                    {"current", session.id == own_id},
                    {"address", session.address},
                    {"user_agent", session.user_agent},
                    {"created_at", format_utc(session.created_at)},
                    {"last_used_at", format_utc(session.last_used_at)},
                    {"expires_at", format_utc(session.expires_at)}});
  }
  return text_of({{"sessions", std::move(list)}});
}

std::string audit_json(const std::vector<AuditRecord>& records) {
  Json list = Json::array();
  for (const AuditRecord& record : records) {
    list.push_back({{"sequence", record.sequence},
                    {"at", format_utc(record.entry.at)},
                    {"event", record.entry.event},
                    {"actor", record.entry.actor},
                    {"address", record.entry.address},
                    {"subject", record.entry.subject},
                    {"detail", record.entry.detail},
                    {"previous", record.previous},
                    {"hash", record.hash}});
  }
  const Json next = records.empty() ? Json(nullptr) : Json(records.back().sequence);
  return text_of({{"records", std::move(list)}, {"next", next}});
}

}  // namespace voxlate::http
