#include "jobs/upload_watcher.h"

#include <algorithm>
#include <system_error>

#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

constexpr int kBatch = 100;
constexpr const char* kGone = "the upload of the media was given up, or expired, before it was complete";

void remove_file(const std::filesystem::path& path) {
  std::error_code ignored;  // what cannot be removed now is swept at the next start
  std::filesystem::remove(path, ignored);
}

// A killed server may have written more than it acknowledged.
void mend(const Upload& upload, UploadStore& uploads, const DataFolder& data) {
  try {
    const UniqueFd file = open_for_writing(data.upload(upload.id));
    const std::uint64_t size_bytes = file_size(file.get());
    if (size_bytes == upload.offset_bytes) return;
    if (size_bytes > upload.offset_bytes) {
      truncate_file(file.get(), upload.offset_bytes);
      return;
    }
    log::error("upload lost: its file is shorter than acknowledged",
               {{"upload_id", upload.id}, {"expected_bytes", upload.offset_bytes}, {"bytes", size_bytes}});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    log::error("upload lost: its file is gone", {{"upload_id", upload.id}});
  }
  uploads.remove(upload.id);
  remove_file(data.upload(upload.id));
}

/// Returns the options once all files are mended, so that nothing runs before.
UploadWatcher::Options mended(UploadWatcher::Options options, UploadStore& uploads, const DataFolder& data) {
  for (const Upload& upload : uploads.all()) mend(upload, uploads, data);
  return options;
}

}  // namespace

UploadWatcher::UploadWatcher(Options options, UploadStore& uploads, JobStore& jobs, const DataFolder& data,
                             ChangeFeed& feed, const Clock& clock, Media media)
    : options_(mended(options, uploads, data)),
      uploads_(uploads),
      jobs_(jobs),
      data_(data),
      feed_(feed),
      clock_(clock),
      media_(std::move(media)) {
  for (int thread = 0; thread < options_.threads; ++thread) {
    threads_.emplace_back("uploads", options_.interval, [this](const std::stop_token&) { look(Others::kSkipped); });
  }
  for (Ticker& thread : threads_) thread.poke();
}

UploadWatcher::~UploadWatcher() { stopping_ = true; }

/// A job that one thread looks at, while it lives.
class UploadWatcher::Look {
 public:
  Look(UploadWatcher& watcher, const Job& job, Others others) NO_THREAD_SAFETY_ANALYSIS : watcher_(watcher),
                                                                                          job_id_(job.id) {
    const MutexLock lock(watcher_.mutex_);
    const auto may_begin = [&]() NO_THREAD_SAFETY_ANALYSIS { return watcher.may_look_at(job); };
    if (others == Others::kAwaited) watcher_.look_ended_.wait(watcher_.mutex_, may_begin);
    begun_ = may_begin();
    if (begun_) watcher_.looked_at_.emplace(job.id, job.owner);
  }
  ~Look() {
    if (!begun_) return;
    {
      const MutexLock lock(watcher_.mutex_);
      watcher_.looked_at_.erase(job_id_);
    }
    watcher_.look_ended_.notify_all();
  }
  Look(const Look&) = delete;
  Look& operator=(const Look&) = delete;

  bool begun() const { return begun_; }

 private:
  UploadWatcher& watcher_;
  const std::string job_id_;
  bool begun_ = false;
};

/// Not while another thread does, nor when all threads but one are busy with files of the same owner.
bool UploadWatcher::may_look_at(const Job& job) const {
  if (looked_at_.contains(job.id)) return false;
  const auto busy = std::ranges::count(looked_at_, job.owner, [](const auto& look) { return look.second; });
  return busy < std::max(options_.threads - 1, 1);
}

void UploadWatcher::poke() {
  {
    const MutexLock lock(mutex_);
    ++pokes_;
  }
  poked_.notify_all();
  for (Ticker& thread : threads_) thread.poke();
}

void UploadWatcher::remove_owner(const std::string& owner) {
  for (const Upload& upload : uploads_.all()) {
    if (upload.owner == owner && uploads_.remove(upload.id)) remove_file(data_.upload(upload.id));
  }
  poke();
}

void UploadWatcher::look() { look(Others::kAwaited); }

void UploadWatcher::look(Others others) {
  remove_expired();
  for (const Job& listed : jobs_.with_uploads()) {
    if (stopping_) return;
    const Look look(*this, listed, others);
    if (!look.begun()) continue;
    const std::optional<Job> job = jobs_.get(listed.id);  // since it was listed, another thread may have been here
    if (job && !job->upload_id.empty()) look_at(*job);
  }
}

void UploadWatcher::remove_expired() {
  {
    const MutexLock lock(mutex_);
    if (clock_.now() < next_expiry_) return;
    next_expiry_ = clock_.now() + options_.expiry_interval;
  }
  for (;;) {
    const std::vector<std::string> expired = uploads_.remove_expired(clock_.now(), kBatch);
    for (const std::string& id : expired) {
      remove_file(data_.upload(id));
      log::info("upload expired", {{"upload_id", id}});
    }
    if (static_cast<int>(expired.size()) < kBatch) return;
  }
}

void UploadWatcher::look_at(const Job& job) {
  const std::optional<Upload> upload = uploads_.get(job.upload_id);
  if (!upload)
    fail(job);
  else if (upload->complete())
    hand_over(job, *upload);
  else
    begin_if_enough(job, *upload);
}

void UploadWatcher::fail(const Job& job) {
  if (!jobs_.fail_awaiting(job.id, {.code = ErrorCode::kNotFound, .message = kGone}, clock_.now())) return;
  log::info("job failed: its upload is gone", {{"job_id", job.id}, {"upload_id", job.upload_id}});
  feed_.publish(ChangeKind::kJob, job.id, job.owner);
}

// The file of the job and that of the upload are one file with two names (http/upload_job.cpp).
void UploadWatcher::hand_over(const Job& job, const Upload& upload) {
  MediaSummary media = job.media;
  try {
    media = media_.probe(data_.workspace(job.id).source(), job.spec);
  } catch (const Error& error) {
    // The worker meets it too, and the job fails in the ordinary way.
    log::info("upload cannot be read", {{"job_id", job.id}, {"why", error.what()}});
  }
  media.size_bytes = upload.offset_bytes;
  if (!jobs_.media_arrived(job.id, media, MediaPart::kWhole)) return;
  if (uploads_.remove(upload.id)) remove_file(data_.upload(upload.id));
  {
    const MutexLock lock(mutex_);
    begun_at_.erase(job.id);
    ++pokes_;
  }
  poked_.notify_all();
  log::info("upload complete", {{"job_id", job.id}, {"upload_id", upload.id}, {"size_bytes", upload.offset_bytes}});
  feed_.publish(ChangeKind::kJob, job.id, job.owner);
}

void UploadWatcher::begin_if_enough(const Job& job, const Upload& upload) {
  if (!job.awaits_upload || job.state != JobState::kQueued || upload.offset_bytes < options_.first_bytes) return;
  {
    const MutexLock lock(mutex_);
    const auto begun = begun_at_.find(job.id);
    if (begun != begun_at_.end() && upload.offset_bytes < begun->second + options_.more_bytes) return;
  }
  if (!media_.reads_from_front(data_.workspace(job.id).source(), upload.offset_bytes)) return;
  if (!jobs_.media_arrived(job.id, job.media, MediaPart::kEnoughToBegin)) return;
  {
    const MutexLock lock(mutex_);
    begun_at_[job.id] = upload.offset_bytes;
  }
  log::info("job begins while its upload comes in", {{"job_id", job.id}, {"bytes", upload.offset_bytes}});
  feed_.publish(ChangeKind::kJob, job.id, job.owner);
}

WaitForBytes UploadWatcher::arrival_of(const Job& job) {
  if (job.upload_id.empty()) return {};
  return [this, job_id = job.id, upload_id = job.upload_id](std::uint64_t beyond, std::chrono::milliseconds patience) {
    return wait(job_id, upload_id, beyond, patience);
  };
}

// An upload whose record is gone was taken over by its job, or given up.
Arrival UploadWatcher::arrived(const std::string& job_id, const std::string& upload_id) const {
  const std::optional<Upload> upload = uploads_.get(upload_id);
  if (upload) {
    return {
        .bytes = upload->offset_bytes, .expected_bytes = upload->length_bytes.value_or(0), .whole = upload->complete()};
  }
  const std::optional<Job> job = jobs_.get(job_id);
  if (!job || !job->upload_id.empty()) throw Error(ErrorCode::kNotFound, kGone);
  return {.bytes = job->media.size_bytes, .expected_bytes = job->media.size_bytes, .whole = true};
}

Arrival UploadWatcher::wait(const std::string& job_id, const std::string& upload_id, std::uint64_t beyond,
                            std::chrono::milliseconds patience) NO_THREAD_SAFETY_ANALYSIS {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::uint64_t seen = 0;
    {
      const MutexLock lock(mutex_);
      seen = pokes_;
    }
    const Arrival arrival = arrived(job_id, upload_id);
    if (arrival.whole || arrival.bytes > beyond) return arrival;
    const MutexLock lock(mutex_);
    const auto changed = [&]() NO_THREAD_SAFETY_ANALYSIS { return pokes_ != seen; };
    if (!poked_.wait_until(mutex_, deadline, changed)) return arrival;
  }
}

}  // namespace voxlate::jobs
