#include "jobs/importer.h"

#include <exception>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"
#include "jobs/file_names.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

double dice() {
  std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

JobError to_job_error(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return {.code = ours->code(), .message = ours->what()};
  return {.code = ErrorCode::kInternal, .message = error.what()};
}

}  // namespace

/// One download under way: its job is not taken by another thread, and it can be stopped.
class Importer::Download {
 public:
  Download(Importer& importer, std::string job_id, const std::stop_token& stop)
      : importer_(importer), job_id_(std::move(job_id)), on_stop_(stop, [this] { stop_.request_stop(); }) {}
  ~Download() {
    const MutexLock lock(importer_.mutex_);
    importer_.downloads_.erase(job_id_);
  }
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

  std::stop_token token() const { return stop_.get_token(); }
  void stop() { stop_.request_stop(); }

  void update(const ImportProgress& progress) {
    const MutexLock lock(importer_.mutex_);
    progress_ = progress;
  }
  /// With the lock held.
  ImportProgress progress() const { return progress_; }

 private:
  Importer& importer_;
  const std::string job_id_;
  std::stop_source stop_;
  ImportProgress progress_;
  const std::stop_callback<std::function<void()>> on_stop_;
};

Importer::Importer(Options options, ImportStore& store, const DataFolder& data, ChangeFeed& feed, const Clock& clock,
                   Fetch fetch, Probe probe, std::function<void()> wake)
    : options_(std::move(options)),
      store_(store),
      data_(data),
      feed_(feed),
      clock_(clock),
      fetch_(std::move(fetch)),
      probe_(std::move(probe)),
      wake_(std::move(wake)) {
  for (int thread = 0; thread < options_.downloads; ++thread) {
    threads_.emplace_back("import", options_.poll_interval, [this](const std::stop_token& stop) {
      while (!stop.stop_requested() && import_one(stop)) {
      }
    });
    threads_.back().poke();
  }
}

void Importer::poke() {
  {
    const MutexLock lock(mutex_);
    for (const auto& [job_id, download] : downloads_) {
      if (!store_.is_wanted(job_id)) download->stop();
    }
  }
  for (Ticker& thread : threads_) thread.poke();
}

std::optional<ImportProgress> Importer::progress(const std::string& job_id) const {
  const MutexLock lock(mutex_);
  const auto found = downloads_.find(job_id);
  return found != downloads_.end() ? std::optional(found->second->progress()) : std::nullopt;
}

bool Importer::import_one(const std::stop_token& stop) {
  std::optional<Import> import;
  std::optional<Download> download;
  {
    const MutexLock lock(mutex_);
    std::vector<std::string> busy;
    for (const auto& [job_id, other] : downloads_) busy.push_back(job_id);
    import = store_.next(clock_.now(), busy);
    if (!import) return false;
    download.emplace(*this, import->job.id, stop);
    downloads_[import->job.id] = &*download;
  }
  try {
    fetch(*import, *download);
  } catch (const std::exception& error) {
    if (stop.stop_requested()) return false;  // it goes on after the next start
    give_up(*import, to_job_error(error));
  }
  feed_.publish(ChangeKind::kJob, import->job.id, import->job.owner);
  return true;
}

void Importer::fetch(const Import& import, Download& download) {
  const Job& job = import.job;
  log::info("import started", {{"job_id", job.id}, {"attempt", import.attempt + 1}});
  const Workspace workspace = data_.workspace(job.id);
  workspace.create();
  TimePoint published = clock_.now();
  Fetched fetched{.disposition = {}, .url = import.url};
  std::error_code absent;
  if (!std::filesystem::exists(workspace.source(), absent)) {  // else an earlier process was stopped right behind it
    fetched = fetch_(
        import.url, workspace.source(),
        [&](const ImportProgress& progress) {
          download.update(progress);
          if (clock_.now() - published < options_.publish_interval) return;
          published = clock_.now();
          feed_.publish(ChangeKind::kJob, job.id, job.owner);
        },
        download.token());
  }
  MediaSummary media;
  try {
    media = probe_(workspace.source(), job.spec);
  } catch (const Error&) {
    std::filesystem::remove(workspace.source(), absent);  // a retry by hand looks again at what is there by then
    throw;
  }
  const std::string name = import_name(fetched.disposition, fetched.url);
  if (store_.complete(job.id, name, media, clock_.now())) {
    log::info("import finished", {{"job_id", job.id}, {"size_bytes", media.size_bytes}});
    wake_();
  } else if (!store_.is_known(job.id)) {
    workspace.remove();
  }
}

void Importer::give_up(const Import& import, const JobError& error) {
  const std::string& job_id = import.job.id;
  if (!store_.is_wanted(job_id)) {
    log::info("import stopped", {{"job_id", job_id}});
    if (!store_.is_known(job_id)) data_.workspace(job_id).remove();
    return;
  }
  const int attempt = import.attempt + 1;
  const TimePoint now = clock_.now();
  if (is_retryable(error.code) && attempt < options_.retry.max_attempts) {
    const auto delay = retry_delay(options_.retry, attempt, dice());
    store_.postpone(job_id, error, now + delay);
    log::warning("import retry",
                 {{"job_id", job_id}, {"attempt", attempt}, {"error", error.message}, {"delay_ms", delay.count()}});
    return;
  }
  store_.fail(job_id, error, now);
  log::error("import failed", {{"job_id", job_id}, {"attempt", attempt}, {"error", error.message}});
}

std::string import_name(const std::string& disposition, const std::string& url) {
  const std::string named = disposition_file_name(disposition);
  return safe_source_name(named.empty() ? url_file_name(url) : named);
}

}  // namespace voxlate::jobs
