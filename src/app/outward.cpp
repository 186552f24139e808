#include "app/outward.h"

#include <fmt/format.h>

#include "remote/file_transfer.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr std::chrono::seconds kConnectTimeout{20};
constexpr std::chrono::seconds kStallTimeout{30};
constexpr std::chrono::seconds kWebhookTimeout{15};
constexpr std::size_t kMaxAnswerBytes = 64 << 10;

remote::AddressRules make_rules(const Config& config, bool http) {
  std::vector<int> ports = config.remote_allowed_ports;
  try {
    return remote::AddressRules({.allowed = config.remote_allowed_addresses, .ports = std::move(ports), .http = http});
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("remote.allowed_addresses: {}", error.what()));
  }
}

}  // namespace

Outward::Outward(const Config& config)
    : config_(config),
      import_rules_(make_rules(config, /*http=*/true)),
      webhook_rules_(make_rules(config, config.webhooks_http)) {}

jobs::Importer::Fetched Outward::fetch(const std::string& url, const std::filesystem::path& target,
                                       const jobs::Importer::Progress& progress, const std::stop_token& stop) const {
  const remote::FetchedFile fetched = remote::fetch_file(
      {.url = url, .target = target, .max_bytes = config_.max_upload_bytes},
      {.exchange = {.connect_timeout = kConnectTimeout, .stall_timeout = kStallTimeout, .rules = &import_rules_},
       .timeout = config_.import_timeout,
       .keep_free_bytes = config_.min_free_disk_bytes,
       .min_bytes_per_second = config_.import_min_bytes_per_second},
      [&](std::uint64_t done, std::uint64_t total) { progress({.done_bytes = done, .total_bytes = total}); }, stop);
  return {.disposition = fetched.disposition, .url = fetched.url};
}

jobs::WebhookSender::Answer Outward::post(const jobs::WebhookMessage& message, const std::stop_token& stop) const {
  std::size_t answer_bytes = 0;
  remote::Exchange exchange(message.url,
                            {.connect_timeout = kWebhookTimeout, .timeout = kWebhookTimeout, .rules = &webhook_rules_},
                            [&](std::string_view bytes) {  // nobody reads it
                              answer_bytes += bytes.size();
                              return answer_bytes <= kMaxAnswerBytes;
                            });
  for (const auto& [name, value] : message.headers) exchange.add_header(name + ": " + value);
  exchange.post(message.body);
  const std::optional<Error> cut = exchange.perform(stop);
  const bool complete = !cut || answer_bytes > kMaxAnswerBytes;
  if (!complete) return {.status = 0, .error = cut->what()};
  return {.status = static_cast<int>(exchange.status()), .error = {}, .retry_after = exchange.retry_after()};
}

jobs::Importer::Options importer_options(const Config& config) {
  jobs::Importer::Options options;
  options.downloads = config.import_downloads;
  options.retry.max_attempts = config.max_attempts;
  return options;
}

jobs::WebhookSender::Options webhook_options(const Config& config) {
  return {.connections = config.webhooks_connections, .log_retention = config.webhooks_log};
}

std::optional<jobs::WatchFolder::Options> watch_options(const Config& config) {
  if (config.watch_folder.empty()) return std::nullopt;
  jobs::WatchFolder::Options options{.folder = config.watch_folder, .output = config.watch_output, .spec = {}};
  options.spec.language = config.watch_language;
  options.spec.targets = config.watch_targets;
  options.spec.formats = config.watch_formats;
  options.settle = config.watch_settle;
  options.max_file_bytes = config.max_upload_bytes;
  options.min_free_disk_bytes = config.min_free_disk_bytes;
  options.max_queued_jobs = config.max_queued_jobs;
  return options;
}

}  // namespace voxlate::app
