#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "config/config.h"
#include "jobs/importer.h"
#include "jobs/watch_folder.h"
#include "jobs/webhook_sender.h"
#include "remote/address_rules.h"

namespace voxlate::app {

/// What the server fetches and sends by itself, under the rules for addresses that users give. Thread-safe.
class Outward {
 public:
  /// Throws `kInvalidInput` naming the setting.
  explicit Outward(const Config& config);

  std::string check_import_url(const std::string& url) const { return import_rules_.check_url(url); }
  std::string check_webhook_url(const std::string& url) const { return webhook_rules_.check_url(url); }

  /// `Importer::Fetch`.
  jobs::Importer::Fetched fetch(const std::string& url, const std::filesystem::path& target,
                                const jobs::Importer::Progress& progress, const std::stop_token& stop) const;

  /// `WebhookSender::Post`.
  jobs::WebhookSender::Answer post(const jobs::WebhookMessage& message, const std::stop_token& stop) const;

 private:
  const Config& config_;
  const remote::AddressRules import_rules_;
  const remote::AddressRules webhook_rules_;
};

jobs::Importer::Options importer_options(const Config& config);
jobs::WebhookSender::Options webhook_options(const Config& config);
/// Nothing when no folder is watched.
std::optional<jobs::WatchFolder::Options> watch_options(const Config& config);

}  // namespace voxlate::app
