#include "app/app.h"

#include <fmt/format.h>

#include <set>

#include "app/account_settings.h"
#include "app/audit_archive.h"
#include "app/language_identifiers.h"
#include "app/media_files.h"
#include "app/version.h"
#include "app/whisper_engine.h"
#include "base/heap.h"
#include "base/ids.h"
#include "base/log.h"
#include "media/front_reading.h"
#include "pipeline/job_rules.h"
#include "pipeline/job_transcript.h"
#include "translation/glossary.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr std::size_t kFeedCapacity = 4096;
constexpr int kMaxCrashes = 3;
constexpr int kBriefWorkers = 1;
constexpr std::chrono::seconds kModelsEvery{10};
constexpr std::chrono::seconds kCachesEvery{60};
constexpr std::chrono::seconds kRemoteTranslatorsEvery{30};
constexpr std::chrono::hours kSweepAccountsEvery{24};
constexpr std::chrono::seconds kMonitorEvery{1};

health::MemoryWatchdog::Options watchdog_options(const Config& config) {
  if (config.memory_cheap_percent >= config.memory_release_percent ||
      config.memory_release_percent >= config.memory_refuse_percent) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("memory: expected cheap_percent < release_percent < refuse_percent, got {}, {}, {}",
                            config.memory_cheap_percent, config.memory_release_percent, config.memory_refuse_percent));
  }
  health::MemoryWatchdog::Options options;
  options.target_percent *= config.memory_release_percent / options.release_percent;
  options.cheap_percent = config.memory_cheap_percent;
  options.release_percent = config.memory_release_percent;
  options.refuse_percent = config.memory_refuse_percent;
  options.adaptive = config.memory_adaptive;
  return options;
}

health::Admission::Options admission_options(const Config& config) {
  health::Admission::Options options;
  options.memory_percent = config.memory_release_percent;
  options.alone_percent = config.memory_refuse_percent;
  options.safety_factor = config.memory_safety_factor;
  options.cpu_percent = config.max_cpu_percent;
  return options;
}
constexpr std::chrono::hours kSweepAnswersEvery{1};

jobs::JobRunner::Options runner_options(const Config& config, const std::string& owner) {
  jobs::JobRunner::Options options;
  options.owner = owner;
  options.workers = config.max_concurrent_jobs;
  options.brief_workers = kBriefWorkers;
  options.retry.max_attempts = config.max_attempts;
  options.stall_timeout = config.stall_timeout;
  options.large_stall_timeout = config.large_file_stall_timeout;
  return options;
}

std::optional<accounts::Accounts> make_accounts(const Config& config, const DataFolder& data, AccountStore& store,
                                                const Clock& clock) {
  if (!accounts_on(config)) return std::nullopt;
  accounts::Accounts::Options options = account_options(config);
  options.archive_audit = [folder = data.path() / "archive"](const std::vector<AuditRecord>& records) {
    archive_audit(folder, records);
  };
  return std::make_optional<accounts::Accounts>(std::move(options), store, clock);
}

std::set<std::string> ids_of(const std::vector<Upload>& uploads) {
  std::set<std::string> ids;
  for (const Upload& upload : uploads) ids.insert(upload.id);
  return ids;
}

}  // namespace

App::App(const Config& config)
    : config_(config),
      owner_(random_id()),
      data_(config.data_dir),
      storage_({.path = data_.database(), .durability = &durability_}),
      accounts_(make_accounts(config, data_, account_store_, clock_)),
      feed_(kFeedCapacity),
      caches_(config, data_.cache(), clock_),
      metrics_(storage_, {.raw = config.metrics_raw, .minutes = config.metrics_minutes, .hours = config.metrics_hours}),
      performance_(config_, performance_parts()),
      engines_(config, clock_, performance_.timings(), caches_.translations(), &performance_.stage_slots()),
      media_sandbox_(await_media_sandbox(engines_.media())),
      cleaner_({.retention = config.retention, .uploads = ids_of(uploads_.all())}, store_, data_, feed_, clock_),
      language_identifier_(make_language_identifier(config)),
      packages_(package_index_options(config), language_tag, clock_),
      models_(model_source(config), engines_.model_folder(), packages_, engines_.loaded_models(),
              downloads_at_start(config, engines_.model_folder(), packages_)),
      upload_watcher_({}, uploads_, store_, data_, feed_, clock_, upload_media()),
      monitor_([this] { return look_at_resources(); }),
      watchdog_(watchdog_options(config), watchdog_parts()),
      admission_(
          admission_options(config), [this] { return monitor_.latest(); }, [this] { return watchdog_.admits_jobs(); }),
      runner_(
          runner_options(config, owner_), store_, feed_, clock_,
          [this](const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, std::stop_token stop) {
            return run_job(job, checkpoints, progress, std::move(stop));
          },
          admission()),
      rescuer_({.owner = owner_, .max_crashes = kMaxCrashes}, store_, feed_, clock_, [this] { runner_.wake(); }),
      importer_(
          importer_options(config), imports_, data_, feed_, clock_,
          [this](const std::string& url, const std::filesystem::path& target, const jobs::Importer::Progress& progress,
                 const std::stop_token& stop) { return outward_.fetch(url, target, progress, stop); },
          [this](const std::filesystem::path& file, const JobSpec& spec) { return probe(file, spec); },
          [this] { runner_.wake(); }),
      webhook_sender_(webhook_options(config), webhooks_, clock_,
                      [this](const jobs::WebhookMessage& message, const std::stop_token& stop) {
                        return outward_.post(message, stop);
                      }),
      watch_folder_(make_watch_folder()),
      model_ticker_("models", kModelsEvery,
                    [this](const std::stop_token&) {
                      engines_.unload_idle_models();
                      models_.look_again();
                    }),
      cache_ticker_("caches", kCachesEvery, [this](const std::stop_token&) { caches_.remove_expired(); }),
      remote_translators_("remote translators", kRemoteTranslatorsEvery,
                          [this](const std::stop_token& stop) { ask_remote_translators(stop); }),
      account_sweeper_("account sweeping", kSweepAccountsEvery,
                       [this](const std::stop_token& stop) { sweep_accounts(stop); }),
      monitor_ticker_("monitor", kMonitorEvery,
                      [this](const std::stop_token&) {
                        monitor_.tick({[this](const ResourceSample& sample) { observe(sample); }});
                      }),
      answer_sweeper_("idempotency keys", kSweepAnswersEvery,
                      [this](const std::stop_token&) { answers_.sweep(clock_.now()); }),
      coordinator_("coordinator", config.check_interval, [this](const std::stop_token&) { performance_.coordinate(); }),
      server_(http_options(), http_services()) {
  engines_.model_folder().create();
  remote_translators_.poke();
  coordinator_.poke();
  account_sweeper_.poke();
  log::info("Thread safety enabled", {{"workers", config.max_concurrent_jobs}});
  if (config.monitoring) {
    log::info("Memory monitoring enabled", {{"save_metrics", config.save_metrics},
                                            {"alerts", config.alerts},
                                            {"check_interval_s", config.check_interval.count()}});
  }
  for (const TranscriberInfo& engine : engines_.capabilities().engines) {
    log::info("recogniser ready", {{"engine", engine.id}, {"notice", engine.notice}});
  }
}

std::unique_ptr<jobs::WatchFolder> App::make_watch_folder() {
  std::optional<jobs::WatchFolder::Options> options = watch_options(config_);
  if (!options) return nullptr;
  log::info("folder watched", {{"folder", config_.watch_folder.string()}});
  return std::make_unique<jobs::WatchFolder>(
      std::move(*options), store_, watched_, data_, feed_, clock_,
      [this](JobSpec& spec) { pipeline::complete_spec(spec, capabilities()); },
      [this](const std::filesystem::path& file, const JobSpec& spec) { return probe(file, spec); },
      [this] { runner_.wake(); });
}

/// Models that are being downloaded included: jobs may ask for them already.
Capabilities App::capabilities() const {
  Capabilities capabilities = engines_.capabilities();
  add_awaited_models(capabilities, models_.awaited());
  return capabilities;
}

void App::ask_remote_translators(const std::stop_token& stop) {
  try {
    engines_.refresh_translations(stop);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCancelled) throw;  // else the server ends
  }
}

/// Deletes what is left of a user that was deleted: jobs, files, and traces in the database's log.
void App::purge_user(const std::string& user_id) {
  const int jobs = cleaner_.remove_owner(user_id);
  upload_watcher_.remove_owner(user_id);
  caches_.clear_all();  // whose text is in them cannot be told
  account_store_.finish_deletion(user_id);
  storage_.flush();
  log::info("user purged", {{"uid", user_id}, {"jobs", jobs}});
}

void App::sweep_accounts(const std::stop_token& stop) {
  for (const std::string& user_id : account_store_.users_in_deletion()) purge_user(user_id);
  if (accounts_) {
    const int swept = accounts_->sweep([&stop] { return stop.stop_requested(); });
    log::info("accounts swept", {{"rows", swept}});
  }
  if (storage_.compact()) log::info("database compacted");
}

void App::run(std::stop_token stop) {
  const int port = server_.bind();
  const std::string host = config_.host.find(':') == std::string::npos ? config_.host : "[" + config_.host + "]";
  log::info("listening", {{"url", fmt::format("http://{}:{}", host, port)}, {"data_dir", config_.data_dir.string()}});
  if (accounts_ && !account_store_.has_users()) {
    log::warning("no users yet",
                 {{"todo", "register on this machine, or stop the server and: voxlate user add NAME --admin"}});
  }
  const std::stop_callback stop_taking(stop, [this] { runner_.stop_taking(); });
  server_.run(stop);
  runner_.stop_running();
}

http::Options App::http_options() const {
  http::Options options;
  options.host = config_.host;
  options.port = config_.port;
  options.max_upload_bytes = config_.max_upload_bytes;
  options.min_free_disk_bytes = config_.min_free_disk_bytes;
  options.max_media_duration = config_.max_media_duration;
  options.upload_expiry = config_.upload_expiry;
  options.max_uploads_of_user = config_.max_uploads_of_user;
  options.max_queued_jobs = config_.max_queued_jobs;
  options.max_webhooks = config_.webhooks_per_user;
  options.imports = config_.import_downloads > 0;
  options.max_missed_ids_per_minute = config_.max_missed_ids_per_minute;
  options.max_connections = config_.max_connections;
  options.max_connections_per_address = config_.max_connections_per_address;
  options.request_threads = config_.request_threads;
  options.max_event_streams = config_.max_event_streams;
  for (const std::string& proxy : config_.trusted_proxies) {
    if (const auto range = IpRange::parse(proxy)) options.trusted_proxies.push_back(*range);
  }
  options.max_uploads_per_user = config_.max_uploads_per_user;
  options.max_waiting_requests = config_.max_waiting_requests;
  options.brief_media = config_.brief_media;
  options.max_translation_characters = static_cast<std::size_t>(config_.max_text_characters);
  options.max_translation_texts = static_cast<std::size_t>(config_.max_texts);
  options.allowed_hosts = config_.allowed_hosts;
  options.version = versions().front().second;
  return options;
}

http::Services App::http_services() {
  return {
      .data = data_,
      .store = store_,
      .uploads = uploads_,
      .feed = feed_,
      .models = models_,
      .webhooks = webhooks_,
      .answers = answers_,
      .durability = durability_,
      .clock = clock_,
      .performance = performance_,
      .capabilities = [this] { return capabilities(); },
      .probe = [this](const std::filesystem::path& file, const JobSpec& spec) { return probe(file, spec); },
      .complete_spec =
          [this](JobSpec& spec) {
            pipeline::complete_spec(spec, capabilities());
            translation::parse_glossary_lines(spec.glossary);  // refuses what is none
          },
      .status = [this] { return status(); },
      .caches = [this] { return caches_.report(); },
      .clear_cache = [this](const std::string& name) { return caches_.clear(name); },
      .transcript = [this](const Job& job) { return pipeline::job_transcript(job, data_.workspace(job.id), store_); },
      .identify_language = [this](std::string_view text) { return language_identifier_->identify(text); },
      .translate =
          [this](const Transcript& text, std::string_view target, Progress& progress, std::stop_token stop) {
            return engines_.tools().translator.translate(text, target, {}, progress, std::move(stop));
          },
      .check_import_url = [this](const std::string& url) { return outward_.check_import_url(url); },
      .check_webhook_url = [this](const std::string& url) { return outward_.check_webhook_url(url); },
      .import_progress = [this](const std::string& job_id) { return importer_.progress(job_id); },
      .refuses_jobs = [this] { return watchdog_.refuses_jobs(); },
      .resource_wait = [this] { return resource_wait(); },
      .wake_workers =
          [this] {
            runner_.wake();
            importer_.poke();
            webhook_sender_.poke();
          },
      .upload_changed = [this] { upload_watcher_.poke(); },
      .accounts = accounts_ ? &*accounts_ : nullptr,
      .purge_user = [this](const std::string& user_id) { purge_user(user_id); }};
}

pipeline::JobTools App::tools(StageTimings& timings) {
  const pipeline::JobTools tools = engines_.tools();
  return {.transcriber = tools.transcriber,
          .translator = tools.translator,
          .media = tools.media,
          .timings = timings,
          .slots = tools.slots,
          .arrival_of = [this](const Job& job) { return upload_watcher_.arrival_of(job); }};
}

/// Somebody waits for it, but a crowd of processes that read media helps nobody.
MediaSummary App::probe(const std::filesystem::path& file, const JobSpec& spec) {
  const WorkerPlace place(&performance_.media_slots(), WorkerPlace::Wait::kInTurn, {});
  StageTimer timer(performance_.timings(), "probe");
  MediaSummary summary = summarise_media(file, spec, engines_.media());
  timer.finish();
  return summary;
}

void App::observe(const ResourceSample& sample) {
  if (config_.memory_watchdog) watchdog_.observe(sample);
  performance_.observe(sample);
}

PerformanceWatch::Parts App::performance_parts() {
  return {.clock = clock_,
          .metrics = metrics_,
          .latest = [this] { return monitor_.latest(); },
          .memory_watch = [this] { return watchdog_.status(); },
          .release = [this](ReleaseMode mode) { return watchdog_.release(mode, "requested"); },
          .holders = [this] { return memory_holders(); },
          .models = [this] { return engines_.models_in_memory(clock_.now()); },
          .jobs =
              [this] {
                std::vector<JobMemory> jobs;
                for (auto& [id, bytes] : admission_.running()) jobs.push_back({.job_id = id, .estimated_bytes = bytes});
                return jobs;
              }};
}

jobs::UploadWatcher::Media App::upload_media() {
  return {.reads_from_front =
              [](const std::filesystem::path& file, std::uint64_t available) {
                return media::front_reading(file, available) == media::FrontReading::kYes;
              },
          .probe = [this](const std::filesystem::path& file, const JobSpec& spec) { return probe(file, spec); }};
}

ResourceSample App::look_at_resources() {
  ResourceSample sample = sampler_.look(clock_.now());
  sample.gpus = gpus_.look();
  const DiskSpace space = data_.space();
  sample.disk_free_bytes = space.free_bytes;
  sample.disk_total_bytes = space.total_bytes;
  const std::map<JobState, int> jobs = store_.count_by_state();
  sample.jobs_queued = jobs.at(JobState::kQueued);
  sample.jobs_running = jobs.at(JobState::kProcessing);
  return sample;
}

std::vector<MemoryHolder> App::memory_holders() {
  std::vector<MemoryHolder> holders = caches_.memory_holders();
  std::ranges::move(engines_.memory_holders(), std::back_inserter(holders));
  holders.push_back({.name = "database",
                     .bytes = [this] { return storage_.memory_bytes(); },
                     .release = [this](ReleaseMode) { return storage_.release_memory(); }});
  return holders;
}

health::MemoryWatchdog::Parts App::watchdog_parts() {
  return {.holders = memory_holders(),
          .heap = {.name = "heap",
                   .bytes = [] { return std::uint64_t{0}; },
                   .release =
                       [](ReleaseMode) {
                         return_freed_memory();
                         return std::uint64_t{0};
                       }},
          .look = [this] { return memory_sampler_.look(clock_.now()); },
          .requeue_newest = [this] { return runner_.requeue_newest(); }};
}

jobs::Admission App::admission() {
  return {.fits =
              [this](const Job& job) {
                const std::uint64_t needs = std::min(memory_needed(job), admission_.most_bytes());
                return admission_.ask(job.id, needs, clock_.now()) == health::Admission::Answer::kStart;
              },
          .ended =
              [this](const Job& job) {
                admission_.ended(job.id);
                return_freed_memory();
              },
          .awaited = [this] { return models_.awaited(); }};
}

std::uint64_t App::memory_needed(const Job& job) const {
  return config_.memory_estimate_jobs ? engines_.memory_needed(job) : 0;
}

/// A job that needs more memory than there is fails at once, and says so.
JobOutcome App::run_job(const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, std::stop_token stop) {
  const std::uint64_t needs = memory_needed(job);
  const std::uint64_t most = admission_.most_bytes();
  if (needs > most) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the job would take about {} MB of memory, and at most {} MB may be used here: choose a "
                            "smaller or a quantised model, or give the server more memory",
                            needs >> 20U, most >> 20U));
  }
  health::JobTimes times(job.id, performance_.timings());
  JobOutcome outcome =
      pipeline::run_job(job, data_.workspace(job.id), tools(times), checkpoints, progress, std::move(stop));
  performance_.note_job(job, times, static_cast<int>(job.spec.targets.size()));
  return outcome;
}

std::optional<ResourceWait> App::resource_wait() const {
  const std::optional<health::Admission::Waiting> waiting = admission_.waiting();
  if (!waiting) return std::nullopt;
  const bool is_memory = waiting->reason == health::Admission::Answer::kWaitForMemory;
  return ResourceWait{.job_id = waiting->job_id,
                      .reason = is_memory ? "memory" : "processor",
                      .needs_bytes = waiting->needs_bytes,
                      .free_bytes = waiting->free_bytes,
                      .memory_percent = waiting->memory_percent};
}

SystemStatus App::status() {
  SystemStatus status;
  status.resources = monitor_.latest();
  status.memory_watch = watchdog_.status();
  status.models = engines_.models_in_memory(clock_.now());
  status.workers_total = runner_.workers();
  status.workers_active = runner_.active();
  status.stage_workers = performance_.workers();
  status.alerts = performance_.alerts();
  status.uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_);
  status.media_sandbox = media_sandbox_;
  status.versions = versions();
  return status;
}

}  // namespace voxlate::app
