#pragma once

#include "store/storage.h"
#include "voxlate/webhook_store.h"

namespace voxlate::store {

/// Webhooks in SQLite; messages are added by the trigger `jobs_told` of migrations/0006_webhooks.sql. Secrets are kept
/// as they are, since each message is signed with them. Thread-safe.
class SqliteWebhookStore : public WebhookStore {
 public:
  explicit SqliteWebhookStore(Storage& storage) : storage_(storage) {}

  Added add(const std::string& owner, const std::string& url, int max_targets, TimePoint now) override;
  std::vector<WebhookTarget> list(const std::optional<std::string>& owner) const override;
  std::optional<WebhookTarget> get(const std::string& target_id) const override;
  bool remove(const std::string& target_id) override;
  std::string rotate(const std::string& target_id, TimePoint old_until) override;
  bool enable(const std::string& target_id) override;
  std::vector<WebhookDelivery> deliveries(const std::string& target_id, int limit) const override;
  std::optional<WebhookDelivery> replay(const std::string& target_id, const std::string& delivery_id,
                                        TimePoint now) override;
  std::string job_key(const std::string& job_id) const override;
  std::optional<DueDelivery> next_due(TimePoint now, const std::vector<std::string>& busy_urls) const override;
  void record(const std::string& delivery_id, const DeliveryOutcome& outcome, TimePoint now) override;
  int delete_finished_before(TimePoint time) override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
