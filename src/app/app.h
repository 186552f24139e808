#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "accounts/accounts.h"
#include "app/caches.h"
#include "app/engines.h"
#include "app/model_files.h"
#include "app/outward.h"
#include "app/performance_watch.h"
#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "base/durability.h"
#include "config/config.h"
#include "health/admission.h"
#include "health/gpu_probe.h"
#include "health/memory_watchdog.h"
#include "health/monitor.h"
#include "health/sampler.h"
#include "http/server.h"
#include "jobs/importer.h"
#include "jobs/job_cleaner.h"
#include "jobs/job_rescuer.h"
#include "jobs/job_runner.h"
#include "jobs/ticker.h"
#include "jobs/upload_watcher.h"
#include "jobs/watch_folder.h"
#include "jobs/webhook_sender.h"
#include "models/model_library.h"
#include "store/sqlite_account_store.h"
#include "store/sqlite_answer_store.h"
#include "store/sqlite_import_store.h"
#include "store/sqlite_job_store.h"
#include "store/sqlite_metrics_store.h"
#include "store/sqlite_upload_store.h"
#include "store/sqlite_watch_store.h"
#include "store/sqlite_webhook_store.h"
#include "voxlate/language_identifier.h"

namespace voxlate::app {

/// The server: builds every component from a Config, in the order of the members; they end in reverse. Each
/// borrows only from members above it.
class App {
 public:
  /// Throws `kConflict` (data folder in use), `kInvalidInput` (a setting cannot be used), `kCorrupt` (database).
  explicit App(const Config& config);

  /// Serves until `stop` is requested: then no job is taken, answers under way are finished, and running jobs go
  /// back to the queue. Throws `kUnavailable` when the port is in use.
  void run(std::stop_token stop);

 private:
  Capabilities capabilities() const;
  http::Options http_options() const;
  http::Services http_services();
  SystemStatus status();
  ResourceSample look_at_resources();
  health::MemoryWatchdog::Parts watchdog_parts();
  std::vector<MemoryHolder> memory_holders();
  PerformanceWatch::Parts performance_parts();
  void observe(const ResourceSample& sample);
  MediaSummary probe(const std::filesystem::path& file, const JobSpec& spec);
  JobOutcome run_job(const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, std::stop_token stop);
  jobs::Admission admission();
  std::uint64_t memory_needed(const Job& job) const;
  std::optional<ResourceWait> resource_wait() const;
  std::unique_ptr<jobs::WatchFolder> make_watch_folder();
  jobs::UploadWatcher::Media upload_media();
  pipeline::JobTools tools(StageTimings& timings);
  void ask_remote_translators(const std::stop_token& stop);
  void purge_user(const std::string& user_id);
  void sweep_accounts(const std::stop_token& stop);

  const Config config_;
  const std::string owner_;  // this process among all that ever ran on the data folder
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  SystemClock clock_;
  Durability durability_;
  DataFolder data_;
  store::Storage storage_;
  store::SqliteJobStore store_{storage_};
  store::SqliteAccountStore account_store_{storage_};
  std::optional<accounts::Accounts> accounts_;  // none: accounts are off
  store::SqliteImportStore imports_{storage_};
  store::SqliteWebhookStore webhooks_{storage_};
  store::SqliteAnswerStore answers_{storage_};
  store::SqliteWatchStore watched_{storage_};
  const Outward outward_{config_};
  store::SqliteUploadStore uploads_{storage_};
  ChangeFeed feed_;
  health::Sampler sampler_{{.limit_bytes = config_.memory_limit_bytes}};
  health::Sampler memory_sampler_{
      {.limit_bytes =
           config_.memory_limit_bytes}};  // another one, whose looks do not shorten the time that rates are taken over
  health::GpuProbe gpus_{clock_};
  Caches caches_;
  store::SqliteMetricsStore metrics_;
  PerformanceWatch performance_;
  Engines engines_;
  const std::optional<MediaSandbox> media_sandbox_;
  jobs::JobCleaner cleaner_;
  std::unique_ptr<LanguageIdentifier> language_identifier_;
  models::PackageIndex packages_;
  models::ModelLibrary models_;
  jobs::UploadWatcher upload_watcher_;
  health::Monitor monitor_;
  health::MemoryWatchdog watchdog_;
  health::Admission admission_;
  jobs::JobRunner runner_;
  jobs::JobRescuer rescuer_;
  jobs::Importer importer_;
  jobs::WebhookSender webhook_sender_;
  std::unique_ptr<jobs::WatchFolder> watch_folder_;  // none without a setting
  jobs::Ticker model_ticker_;
  jobs::Ticker cache_ticker_;
  jobs::Ticker remote_translators_;
  jobs::Ticker account_sweeper_;
  jobs::Ticker monitor_ticker_;
  jobs::Ticker answer_sweeper_;
  jobs::Ticker coordinator_;
  http::Server server_;
};

}  // namespace voxlate::app
