#include <charconv>
#include <nlohmann/json.hpp>

#include "base/hashing.h"
#include "http/job_document.h"
#include "http/routes.h"
#include "voxlate/webhook_store.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxDocumentBytes = 16 * 1024;
constexpr int kMaxDeliveries = 200;
constexpr int kDeliveriesByDefault = 50;
// How long messages carry a signature with the old secret too, after it was changed.
constexpr std::chrono::hours kOldSecretLifetime{24};

std::string text_of(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json time_or_null(const std::optional<TimePoint>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json target_json(const WebhookTarget& target) {
  return {{"id", target.id},
          {"url", target.url},
          {"created_at", format_utc(target.created_at)},
          {"old_secret_until", time_or_null(target.old_secret_until)},
          {"disabled_at", time_or_null(target.disabled_at)},
          {"disabled_reason", target.disabled_at ? Json(target.disabled_reason) : Json(nullptr)}};
}

Json delivery_json(const WebhookDelivery& delivery) {
  const bool pending = delivery.state == DeliveryState::kPending;
  return {{"id", delivery.id},
          {"type", delivery.type},
          {"job_id", delivery.job_id},
          {"state", to_string(delivery.state)},
          {"attempts", delivery.attempt},
          {"created_at", format_utc(delivery.created_at)},
          {"next_at", pending ? Json(format_utc(delivery.next_at)) : Json(nullptr)},
          {"finished_at", time_or_null(delivery.finished_at)},
          {"status", delivery.status > 0 ? Json(delivery.status) : Json(nullptr)},
          {"error", delivery.error.empty() ? Json(nullptr) : Json(delivery.error)}};
}

std::optional<WebhookTarget> find_target(const Api& api, const Request& request) {
  auto target = api.services.webhooks.get(request.captures.at("id"));
  return target && request.caller.sees(target->owner) ? target : std::nullopt;
}

Response no_such_webhook(const Request& request) {
  return problem_response({.code = "not_found", .detail = "There is no such webhook."}, request);
}

/// The address out of `{"url": "https://…"}`, as it is to be asked.
std::variant<std::string, Problem> read_target_url(Api& api, Request& request) {
  auto text = read_text_body(request.body, kMaxDocumentBytes);
  if (auto* problem = std::get_if<Problem>(&text)) return std::move(*problem);
  const auto document = Json::parse(std::get<std::string>(text), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("url") || !document["url"].is_string() || document.size() != 1) {
    return Problem{.code = "invalid_input",
                   .detail = "Expected an object with the one member \"url\".",
                   .errors = {{.pointer = "/url", .detail = "Expected an https address."}}};
  }
  try {
    return api.services.check_webhook_url(document["url"].get<std::string>());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidInput) throw;
    return url_not_allowed("url", error);
  }
}

}  // namespace

std::string webhook_secret(const std::string& key) { return "whsec_" + base64(key); }

std::optional<Problem> check_webhook(const Api& api, JobSpec& spec) {
  if (spec.webhook_url.empty()) return std::nullopt;
  try {
    spec.webhook_url = api.services.check_webhook_url(spec.webhook_url);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidInput) throw;
    return url_not_allowed("webhook_url", error);
  }
  return std::nullopt;
}

Response list_webhooks(Api& api, Request& request) {
  Json list = Json::array();
  for (const WebhookTarget& target : api.services.webhooks.list(request.caller.owner_filter()))
    list.push_back(target_json(target));
  return json_response(200, text_of({{"webhooks", std::move(list)}}));
}

Response add_webhook(Api& api, Request& request) {
  const auto url = read_target_url(api, request);
  if (const auto* problem = std::get_if<Problem>(&url)) return problem_response(*problem, request);
  const auto added = api.services.webhooks.add(request.caller.user_id, std::get<std::string>(url),
                                               api.options.max_webhooks, api.services.clock.now());
  Json document = target_json(added.target);
  document["secret"] = webhook_secret(added.key);
  Response response = json_response(201, text_of(document));
  response.add("Location", "/api/webhooks/" + added.target.id);
  return response;
}

Response delete_webhook(Api& api, Request& request) {
  const auto target = find_target(api, request);
  if (!target || !api.services.webhooks.remove(target->id)) return no_such_webhook(request);
  Response response;
  response.status = 204;
  return response;
}

Response rotate_webhook(Api& api, Request& request) {
  const auto target = find_target(api, request);
  if (!target) return no_such_webhook(request);
  const std::string key = api.services.webhooks.rotate(target->id, api.services.clock.now() + kOldSecretLifetime);
  Json document = target_json(api.services.webhooks.get(target->id).value_or(*target));
  document["secret"] = webhook_secret(key);
  return json_response(200, text_of(document));
}

Response enable_webhook(Api& api, Request& request) {
  const auto target = find_target(api, request);
  if (!target || !api.services.webhooks.enable(target->id)) return no_such_webhook(request);
  return json_response(200, text_of(target_json(api.services.webhooks.get(target->id).value_or(*target))));
}

Response list_deliveries(Api& api, Request& request) {
  const auto target = find_target(api, request);
  if (!target) return no_such_webhook(request);
  int limit = kDeliveriesByDefault;
  const auto asked = request.query.find("limit");
  if (asked != request.query.end()) {
    const char* const end = asked->second.data() + asked->second.size();
    const auto [stop, error] = std::from_chars(asked->second.data(), end, limit);
    if (error != std::errc() || stop != end || limit < 1 || limit > kMaxDeliveries) {
      throw Error(ErrorCode::kInvalidInput, "limit: expected a number from 1 to " + std::to_string(kMaxDeliveries));
    }
  }
  Json list = Json::array();
  for (const WebhookDelivery& delivery : api.services.webhooks.deliveries(target->id, limit))
    list.push_back(delivery_json(delivery));
  return json_response(200, text_of({{"deliveries", std::move(list)}}));
}

Response replay_delivery(Api& api, Request& request) {
  const auto target = find_target(api, request);
  if (!target) return no_such_webhook(request);
  const auto delivery =
      api.services.webhooks.replay(target->id, request.captures.at("delivery"), api.services.clock.now());
  if (!delivery) return problem_response({.code = "not_found", .detail = "There is no such delivery."}, request);
  api.services.wake_workers();
  return json_response(202, text_of(delivery_json(*delivery)));
}

}  // namespace voxlate::http
