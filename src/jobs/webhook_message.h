#pragma once

#include <string>
#include <utility>
#include <vector>

#include "voxlate/webhook_store.h"

namespace voxlate::jobs {

/// A message as Standard Webhooks has it (https://www.standardwebhooks.com, specification 1.0.0): the body says what
/// happened and to which job, no more; the headers prove who sent it and when.
struct WebhookMessage {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// `now` is the time of the attempt.
WebhookMessage make_message(const DueDelivery& due, TimePoint now);

/// "v1," and the base64 of HMAC-SHA256 over "id.timestamp.body".
std::string sign(const std::string& key, const std::string& id, const std::string& timestamp, const std::string& body);

}  // namespace voxlate::jobs
