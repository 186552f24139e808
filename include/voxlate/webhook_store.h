#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

/// An address that is told of the end of every job of its owner.
struct WebhookTarget {
  std::string id;
  std::string owner;  ///< as `Job::owner`
  std::string url;
  TimePoint created_at{};
  std::optional<TimePoint> old_secret_until;  ///< until then messages carry two signatures
  std::optional<TimePoint> disabled_at;
  std::string disabled_reason;
};

enum class DeliveryState { kPending, kDelivered, kFailed };

constexpr std::string_view to_string(DeliveryState state) {
  switch (state) {
    case DeliveryState::kPending: return "pending";
    case DeliveryState::kDelivered: return "delivered";
    case DeliveryState::kFailed: return "failed";
  }
  return "pending";
}

/// One message to one address.
struct WebhookDelivery {
  std::string id;         ///< the same for every attempt
  std::string target_id;  ///< empty: to the address of the job itself
  std::string url;
  std::string job_id;
  std::string type;  ///< "job.completed", "job.failed", "job.cancelled"
  DeliveryState state = DeliveryState::kPending;
  int attempt = 0;  ///< attempts made
  TimePoint created_at{};
  TimePoint next_at{};  ///< of a pending one
  std::optional<TimePoint> finished_at;
  int status = 0;     ///< HTTP status of the last answer; 0: none
  std::string error;  ///< of the last attempt; empty when it succeeded
};

struct DueDelivery {
  WebhookDelivery delivery;
  std::vector<std::string> keys;  ///< what it is signed with, raw bytes, the newest first
};

/// How an attempt ended.
struct DeliveryOutcome {
  int status = 0;
  std::string error;                  ///< empty: it was delivered
  std::optional<TimePoint> retry_at;  ///< none: it is over
  bool disable = false;               ///< no more is sent to the target
};

/// Targets, outbox and log. Messages are added by whatever ends a job, in the same transaction. Each call is one
/// transaction that is on disk when it returns; thread-safe.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;

  /// Returns the target and its new secret, raw bytes. Throws `kConflict` when the owner has `max_targets`.
  struct Added {
    WebhookTarget target;
    std::string key;
  };
  virtual Added add(const std::string& owner, const std::string& url, int max_targets, TimePoint now) = 0;

  /// The owner's; without one everybody's. The oldest first.
  virtual std::vector<WebhookTarget> list(const std::optional<std::string>& owner) const = 0;
  virtual std::optional<WebhookTarget> get(const std::string& target_id) const = 0;
  virtual bool remove(const std::string& target_id) = 0;

  /// A new secret, raw bytes; the old one signs too until `old_until`. Throws `kNotFound`.
  virtual std::string rotate(const std::string& target_id, TimePoint old_until) = 0;

  /// Messages are sent again. False when there is no such target.
  virtual bool enable(const std::string& target_id) = 0;

  /// The newest first.
  virtual std::vector<WebhookDelivery> deliveries(const std::string& target_id, int limit) const = 0;

  /// Sends the message again from the first attempt on. Nothing when there is no such delivery of the target.
  virtual std::optional<WebhookDelivery> replay(const std::string& target_id, const std::string& delivery_id,
                                                TimePoint now) = 0;

  /// What the messages of a job to its own address are signed with, raw bytes: the same at every call.
  virtual std::string job_key(const std::string& job_id) const = 0;

  /// The one that is due longest, but for those to an address in `busy_urls`.
  virtual std::optional<DueDelivery> next_due(TimePoint now, const std::vector<std::string>& busy_urls) const = 0;

  /// Counts the attempt.
  virtual void record(const std::string& delivery_id, const DeliveryOutcome& outcome, TimePoint now) = 0;

  /// Deletes those that ended before `time`; returns how many.
  virtual int delete_finished_before(TimePoint time) = 0;
};

}  // namespace voxlate
