#include "jobs/webhook_message.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/hashing.h"

namespace voxlate::jobs {

std::string sign(const std::string& key, const std::string& id, const std::string& timestamp, const std::string& body) {
  return "v1," + base64(hmac_sha256(key, id + "." + timestamp + "." + body));
}

WebhookMessage make_message(const DueDelivery& due, TimePoint now) {
  const WebhookDelivery& delivery = due.delivery;
  const nlohmann::ordered_json body = {
      {"type", delivery.type}, {"timestamp", format_utc(delivery.created_at)}, {"data", {{"id", delivery.job_id}}}};
  WebhookMessage message{.url = delivery.url, .headers = {}, .body = body.dump()};
  const std::string timestamp =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  std::string signatures;
  for (const std::string& key : due.keys)
    signatures += (signatures.empty() ? "" : " ") + sign(key, delivery.id, timestamp, message.body);
  message.headers = {{"Content-Type", "application/json"},
                     {"webhook-id", delivery.id},
                     {"webhook-timestamp", timestamp},
                     {"webhook-signature", signatures}};
  return message;
}

}  // namespace voxlate::jobs
