#include "http/awaited_jobs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLookForClient{200};
constexpr int kLooksUnasked = 5;                       // a change that was missed is seen after so many
constexpr std::uint64_t kBriefUnknownBytes = 2 << 20;  // of media whose container tells no duration
constexpr milliseconds kForgetEvery{1'000};

bool has_ended(JobState state) { return state != JobState::kQueued && state != JobState::kProcessing; }

}  // namespace

AwaitedJobs::AwaitedJobs(const Limits& limits, const Services& services) : limits_(limits), services_(services) {
  remove_left_over();
  forgetter_ = std::jthread([this](const std::stop_token& stop) { forget_old(stop); });
}

AwaitedJobs::~AwaitedJobs() = default;

AwaitedJobs::Place::~Place() {
  const MutexLock lock(jobs_.mutex_);
  --jobs_.waiting_;
}

std::shared_ptr<AwaitedJobs::Place> AwaitedJobs::try_take_place() {
  const MutexLock lock(mutex_);
  if (waiting_ >= limits_.max_waiting) return nullptr;
  ++waiting_;
  return std::make_shared<Place>(*this);
}

AwaitedJobs::Interest::~Interest() {
  try {
    jobs_.leave(key_, job_id_, answered_);
  } catch (const std::exception& error) {
    log::warning("job not cancelled", {{"job_id", job_id_}, {"why", error.what()}});
  }
}

std::optional<Job> AwaitedJobs::Interest::wait(const std::function<bool()>& given_up,
                                               const std::function<void(const ChangeFeed::Batch&)>& see) {
  ChangeFeed& feed = jobs_.services_.feed;
  std::uint64_t after = feed.newest();
  while (true) {
    std::optional<Job> job = jobs_.services_.store.get(job_id_);
    if (!job) throw Error(ErrorCode::kNotFound, "the work for this request was deleted");
    if (has_ended(job->state) && !(job->state == JobState::kCancelled && jobs_.resume(key_, job_id_))) {
      answered_ = true;
      return job;
    }
    for (int look = 0; look < kLooksUnasked; ++look) {
      if (given_up()) return std::nullopt;
      const ChangeFeed::Batch batch = feed.wait(after, {.job_id = job_id_}, kLookForClient, {});
      after = batch.next;
      if (batch.changes.empty() && !batch.missed) continue;
      if (see) see(batch);
      break;
    }
  }
}

std::shared_ptr<AwaitedJobs::Interest> AwaitedJobs::submit(const std::string& key,
                                                           const std::function<std::optional<std::string>()>& enqueue) {
  const MutexLock lock(mutex_);
  auto found = entries_.find(key);
  if (found != entries_.end() && !may_be_shared(found->second)) {
    remove(found->second.job_id);
    entries_.erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    const std::optional<std::string> added = enqueue();
    if (!added) return nullptr;
    found = entries_.emplace(key, Entry{.job_id = *added}).first;
  }
  ++found->second.interests;
  return std::make_shared<Interest>(*this, key, found->second.job_id);
}

bool AwaitedJobs::is_brief(const MediaSummary& media) const {
  if (media.duration.count() == 0) return media.size_bytes <= kBriefUnknownBytes;
  return media.duration <= limits_.brief;
}

/// Not when it was deleted or failed: another try may go better.
bool AwaitedJobs::may_be_shared(const Entry& entry) const {
  const std::optional<Job> job = services_.store.get(entry.job_id);
  return job && (job->state != JobState::kFailed || entry.interests > 0);
}

/// A job that was cancelled because its clients had gone goes on where it was.
bool AwaitedJobs::resume(const std::string& key, const std::string& job_id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.job_id != job_id) return false;
  const std::optional<Job> job = services_.store.get(job_id);
  if (!job) return false;
  if (job->state != JobState::kCancelled) return true;  // another request was faster
  if (!found->second.cancelled_here) return false;
  found->second.cancelled_here = false;
  services_.store.retry(job->id, services_.clock.now());
  services_.feed.publish(ChangeKind::kJob, job->id, job->owner);
  services_.wake_workers();
  return true;
}

void AwaitedJobs::leave(const std::string& key, const std::string& job_id, bool answered) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.job_id != job_id || --found->second.interests > 0) return;
  found->second.forget_at = Clock::now() + limits_.keep;
  if (answered) return;
  found->second.cancelled_here = true;
  cancel(found->second.job_id);
}

void AwaitedJobs::cancel(const std::string& job_id) {
  const std::optional<Job> job = services_.store.get(job_id);
  if (!job || has_ended(job->state)) return;
  try {
    services_.store.request_cancel(job_id, services_.clock.now());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConflict && error.code() != ErrorCode::kNotFound) throw;  // it ended meanwhile
  }
  log::info("client gone: job cancelled", {{"job_id", job_id}});
  services_.feed.publish(ChangeKind::kJob, job->id, job->owner);
  services_.wake_workers();
}

void AwaitedJobs::remove(const std::string& job_id) {
  try {
    const std::optional<Job> job = services_.store.get(job_id);
    if (job && services_.store.remove(job_id)) services_.feed.publish(ChangeKind::kDeleted, job_id, job->owner);
    services_.data.workspace(job_id).remove();
  } catch (const std::exception& error) {
    log::warning("answered job not deleted", {{"job_id", job_id}, {"why", error.what()}});
  }
}

void AwaitedJobs::remove_left_over() {
  constexpr int kMany = 10'000;
  const JobPage page =
      services_.store.list({.state = {}, .only_waited_for = true, .search = {}, .after_id = {}, .limit = kMany});
  for (const Job& job : page.jobs) remove(job.id);
}

void AwaitedJobs::forget_old(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::vector<std::string> old;
    {
      const MutexLock lock(mutex_);
      changed_.wait_for(mutex_, stop, kForgetEvery, [] { return false; });
      std::erase_if(entries_, [&](const auto& item) {
        const Entry& entry = item.second;
        if (entry.interests > 0 || entry.forget_at > Clock::now()) return false;
        old.push_back(entry.job_id);
        return true;
      });
    }
    if (stop.stop_requested()) return;
    for (const std::string& job_id : old) remove(job_id);
  }
}

}  // namespace voxlate::http
