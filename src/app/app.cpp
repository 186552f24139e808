#include "app/app.h"

#include <fmt/format.h>

#include <set>

#include "app/version.h"
#include "app/whisper_engine.h"
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
constexpr std::chrono::seconds kModelsEvery{10};
constexpr std::chrono::seconds kRemoteTranslatorsEvery{30};

jobs::JobRunner::Options runner_options(const Config& config, const std::string& owner) {
  jobs::JobRunner::Options options;
  options.owner = owner;
  options.workers = config.max_concurrent_jobs;
  options.retry.max_attempts = config.max_attempts;
  options.stall_timeout = config.stall_timeout;
  options.large_stall_timeout = config.large_file_stall_timeout;
  return options;
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
      storage_({.path = data_.database()}),
      feed_(kFeedCapacity),
      engines_(config, clock_),
      cleaner_({.retention = config.retention, .uploads = ids_of(uploads_.all())}, store_, data_, feed_, clock_),
      packages_(package_index_options(config), language_tag, clock_),
      models_(model_source(config), engines_.model_folder(), packages_, engines_.loaded_models(),
              downloads_at_start(config, engines_.model_folder(), packages_)),
      upload_watcher_({}, uploads_, store_, data_, feed_, clock_, upload_media()),
      runner_(runner_options(config, owner_), store_, feed_, clock_,
              [this](const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, std::stop_token stop) {
                return pipeline::run_job(job, data_.workspace(job.id), tools(), checkpoints, progress, std::move(stop));
              },
              {.awaited = [this] { return models_.awaited(); }}),
      rescuer_({.owner = owner_, .max_crashes = kMaxCrashes}, store_, feed_, clock_, [this] { runner_.wake(); }),
      model_ticker_("models", kModelsEvery,
                    [this](const std::stop_token&) {
                      engines_.unload_idle_models();
                      models_.look_again();
                    }),
      remote_translators_("remote translators", kRemoteTranslatorsEvery,
                          [this](const std::stop_token& stop) { ask_remote_translators(stop); }),
      server_(http_options(), http_services()) {
  engines_.model_folder().create();
  remote_translators_.poke();
  log::info("Thread safety enabled", {{"workers", config.max_concurrent_jobs}});
  for (const TranscriberInfo& engine : engines_.capabilities().engines) {
    log::info("recogniser ready", {{"engine", engine.id}, {"notice", engine.notice}});
  }
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

void App::run(std::stop_token stop) {
  const int port = server_.bind();
  const std::string host = config_.host.find(':') == std::string::npos ? config_.host : "[" + config_.host + "]";
  log::info("listening", {{"url", fmt::format("http://{}:{}", host, port)}, {"data_dir", config_.data_dir.string()}});
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
  options.max_connections = config_.max_connections;
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
      .clock = clock_,
      .capabilities = [this] { return capabilities(); },
      .probe = [this](const std::filesystem::path& file,
                      const JobSpec& spec) { return summarise_media(file, spec, media_limits(config_)); },
      .complete_spec =
          [this](JobSpec& spec) {
            pipeline::complete_spec(spec, capabilities());
            translation::parse_glossary_lines(spec.glossary);  // refuses what is none
          },
      .status = [this] { return status(); },
      .transcript = [this](const Job& job) { return pipeline::job_transcript(job, data_.workspace(job.id), store_); },
      .wake_workers = [this] { runner_.wake(); },
      .upload_changed = [this] { upload_watcher_.poke(); }};
}

pipeline::JobTools App::tools() {
  pipeline::JobTools tools = engines_.tools();
  tools.arrival_of = [this](const Job& job) { return upload_watcher_.arrival_of(job); };
  return tools;
}

jobs::UploadWatcher::Media App::upload_media() const {
  return {.reads_from_front =
              [](const std::filesystem::path& file, std::uint64_t available) {
                return media::front_reading(file, available) == media::FrontReading::kYes;
              },
          .probe = [this](const std::filesystem::path& file,
                          const JobSpec& spec) { return summarise_media(file, spec, media_limits(config_)); }};
}

SystemStatus App::status() {
  SystemStatus status;
  sampler_.sample(status);
  status.gpus = gpus_.look();
  status.models = engines_.models_in_memory(clock_.now());
  const DiskSpace space = data_.space();
  status.disk_free_bytes = space.free_bytes;
  status.disk_total_bytes = space.total_bytes;
  status.workers_total = runner_.workers();
  status.workers_active = runner_.active();
  status.uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_);
  status.versions = versions();
  return status;
}

}  // namespace voxlate::app
