#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "store/case_fold.h"
#include "voxlate/error.h"
#include "voxlate/job_store.h"

namespace voxlate::contract {

/// The contract of JobStore in the plainest form, for tests of what uses a store. Keeps nothing. Thread-safe.
class InMemoryJobStore : public JobStore {
 public:
  EnqueueResult enqueue(const NewJob& job, TimePoint now) override {
    const MutexLock lock(mutex_);
    std::erase_if(keys_, [&](const auto& key) { return key.second.used_at <= now - std::chrono::hours(24); });
    if (!job.idempotency_key.empty()) {
      const auto known = keys_.find({job.owner, job.idempotency_key});
      if (known != keys_.end()) {
        return {.job = replayed(known->second, job.fingerprint), .replayed = true};
      }
    }
    const auto same_upload = [&](const Record& record) { return record.job.upload_id == job.upload_id; };
    if (!job.upload_id.empty() && std::any_of(records_.begin(), records_.end(), same_upload)) {
      throw Error(ErrorCode::kConflict, "there is a job on this upload already");
    }
    if (!job.owner.empty()) {
      const OwnerLimit refused = first_exceeded(job, usage(job.owner, now));
      if (refused != OwnerLimit::kNone) return {.job = {}, .refused = refused};
      Day& day = days_[{job.owner, day_of(now)}];
      ++day.jobs;
      day.media += job.media.duration;
    }
    if (!job.idempotency_key.empty()) {
      keys_[{job.owner, job.idempotency_key}] = {.job_id = job.id, .fingerprint = job.fingerprint, .used_at = now};
    }
    Record record;
    record.job.id = job.id;
    record.job.owner = job.owner;
    record.job.spec = job.spec;
    record.job.media = job.media;
    record.job.awaited_url = job.source_url;
    record.job.upload_id = job.upload_id;
    record.job.awaits_upload = !job.upload_id.empty();
    record.job.work_key = job.work_key;
    record.job.created_at = record.job.run_after = record.queued_at = now;
    records_.push_back(record);
    return {.job = record.job, .replayed = false};
  }

  std::optional<Job> find_by_key(const std::string& owner, const std::string& key, const std::string& fingerprint,
                                 TimePoint now) const override {
    const MutexLock lock(mutex_);
    const auto known = keys_.find({owner, key});
    if (known == keys_.end() || known->second.used_at <= now - std::chrono::hours(24)) return std::nullopt;
    return replayed(known->second, fingerprint);
  }

  std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now, std::chrono::milliseconds lease_time,
                                       const ClaimFilter& filter) override {
    const MutexLock lock(mutex_);
    Record* next = nullptr;
    for (Record& record : records_) {
      if (record.job.state != JobState::kQueued || record.job.run_after > now) continue;
      if (!record.job.awaited_url.empty() || record.job.awaits_upload) continue;
      if (std::find(filter.awaited.begin(), filter.awaited.end(), record.job.spec.model) != filter.awaited.end())
        continue;
      if (filter.only_brief && !record.job.spec.brief) continue;
      if (others_work(record)) continue;
      if (next == nullptr || rank(record) < rank(*next)) next = &record;
    }
    if (next == nullptr || !filter.fits(next->job)) return std::nullopt;
    next->job.state = JobState::kProcessing;
    next->job.started_at = now;
    ++next->job.attempt;
    next->owner = owner;
    next->token = random_id();
    next->lease_until = now + lease_time;
    return ClaimedJob{
        .job = next->job,
        .lease = {.job_id = next->job.id, .owner = owner, .attempt = next->job.attempt, .token = next->token}};
  }

  WorkClaim claim_work(const Lease& lease, const std::string& work_key) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return WorkClaim::kLost;
    record->job.work_key = work_key;
    return others_work(*record) ? WorkClaim::kOthers : WorkClaim::kOwn;
  }

  LeaseState heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                       std::chrono::milliseconds lease_time) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return LeaseState::kLost;
    record->job.progress = progress;
    record->lease_until = now + lease_time;
    return record->job.cancel_requested ? LeaseState::kCancelRequested : LeaseState::kHeld;
  }

  bool checkpoint(const Lease& lease, const Checkpoint& checkpoint, TimePoint) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return false;
    record->crashes = 0;
    const auto same = std::find_if(record->checkpoints.begin(), record->checkpoints.end(), [&](const Checkpoint& old) {
      return old.stage == checkpoint.stage && old.key == checkpoint.key;
    });
    if (same != record->checkpoints.end()) {
      *same = checkpoint;
    } else {
      record->checkpoints.push_back(checkpoint);
    }
    return true;
  }

  std::vector<Checkpoint> checkpoints(const std::string& job_id, const std::string& stage) const override {
    const MutexLock lock(mutex_);
    std::vector<Checkpoint> found;
    for (const Record& record : records_) {
      if (record.job.id != job_id) continue;
      std::copy_if(record.checkpoints.begin(), record.checkpoints.end(), std::back_inserter(found),
                   [&](const Checkpoint& checkpoint) { return checkpoint.stage == stage; });
    }
    return found;
  }

  bool finish(const Lease& lease, const JobOutcome& outcome, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return false;
    end(*record, JobState::kCompleted, now);
    record->job.cancel_requested = false;
    record->job.progress.fraction = 1;
    record->job.files = outcome.files;
    record->job.notes = outcome.notes;
    record->job.cached = outcome.cached;
    record->checkpoints.clear();
    return true;
  }

  bool fail(const Lease& lease, const JobError& error, std::optional<TimePoint> retry_at, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return false;
    if (record->job.cancel_requested) {
      end(*record, JobState::kCancelled, now);
    } else if (retry_at) {
      requeue(*record);
      record->job.run_after = *retry_at;
      record->job.error = error;
    } else {
      end(*record, JobState::kFailed, now);
      record->job.error = error;
    }
    return true;
  }

  bool confirm_cancel(const Lease& lease, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return false;
    record->job.cancel_requested = true;
    end(*record, JobState::kCancelled, now);
    return true;
  }

  bool release(const Lease& lease, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr) return false;
    if (record->job.cancel_requested) {
      end(*record, JobState::kCancelled, now);
    } else {
      requeue(*record);
      --record->job.attempt;
    }
    return true;
  }

  Job request_cancel(const std::string& job_id, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record& record = require(job_id);
    if (record.job.state != JobState::kQueued && record.job.state != JobState::kProcessing) {
      throw Error(ErrorCode::kConflict, "the job has ended already");
    }
    record.job.cancel_requested = true;
    if (record.job.state == JobState::kQueued) end(record, JobState::kCancelled, now);
    return record.job;
  }

  Job retry(const std::string& job_id, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record& record = require(job_id);
    if (record.job.state != JobState::kFailed && record.job.state != JobState::kCancelled) {
      throw Error(ErrorCode::kConflict, "only a failed or cancelled job can be retried");
    }
    requeue(record);
    record.job.attempt = 0;
    record.crashes = 0;
    record.job.cancel_requested = false;
    record.queued_at = record.job.run_after = now;
    record.job.started_at.reset();
    record.job.finished_at.reset();
    record.job.error.reset();
    return record.job;
  }

  std::vector<Job> with_uploads() const override {
    const MutexLock lock(mutex_);
    std::vector<Job> jobs;
    for (const Record& record : records_) {
      if (!record.job.upload_id.empty()) jobs.push_back(record.job);
    }
    return jobs;
  }

  bool media_arrived(const std::string& job_id, const MediaSummary& media, MediaPart part) override {
    const MutexLock lock(mutex_);
    for (Record& record : records_) {
      if (record.job.id != job_id || record.job.upload_id.empty()) continue;
      record.job.media = media;
      record.job.awaits_upload = false;
      if (part != MediaPart::kWhole) return true;
      record.job.upload_id.clear();
      const auto day = days_.find({record.job.owner, day_of(record.job.created_at)});
      if (day != days_.end()) day->second.media += media.duration;
      return true;
    }
    return false;
  }

  bool fail_awaiting(const std::string& job_id, const JobError& error, TimePoint now) override {
    const MutexLock lock(mutex_);
    for (Record& record : records_) {
      if (record.job.id != job_id || record.job.state != JobState::kQueued || !record.job.awaits_upload) continue;
      end(record, JobState::kFailed, now);
      record.job.error = error;
      return true;
    }
    return false;
  }

  bool await_upload(const Lease& lease, TimePoint now) override {
    const MutexLock lock(mutex_);
    Record* record = held(lease);
    if (record == nullptr || (record->job.upload_id.empty() && !record->job.cancel_requested)) return false;
    if (record->job.cancel_requested) {
      end(*record, JobState::kCancelled, now);
    } else {
      requeue(*record);
      --record->job.attempt;
    }
    return true;
  }

  std::vector<OwnedJob> requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) override {
    const MutexLock lock(mutex_);
    std::vector<OwnedJob> touched;
    for (Record& record : records_) {
      if (record.job.state != JobState::kProcessing) continue;
      if (record.owner == owner && record.lease_until >= now) continue;
      touched.push_back({.id = record.job.id, .owner = record.job.owner});
      ++record.crashes;
      const bool poison = record.crashes >= max_crashes;
      if (record.job.cancel_requested || poison) {
        end(record, record.job.cancel_requested ? JobState::kCancelled : JobState::kFailed, now);
        record.job.progress = {};
        if (!record.job.cancel_requested) {
          record.job.error = JobError{.code = ErrorCode::kInternal,
                                      .message = "the server stopped " + std::to_string(record.crashes) +
                                                 " times while it worked on this job; it is not tried again"};
        }
      } else {
        requeue(record);
      }
    }
    return touched;
  }

  std::optional<Job> get(const std::string& job_id) const override {
    const MutexLock lock(mutex_);
    for (const Record& record : records_) {
      if (record.job.id == job_id) return record.job;
    }
    return std::nullopt;
  }

  JobPage list(const JobFilter& filter) const override {
    const MutexLock lock(mutex_);
    auto from = records_.rbegin();
    if (!filter.after_id.empty()) {
      from = std::find_if(from, records_.rend(), [&](const Record& record) {
        return record.job.id == filter.after_id && (!filter.owner || record.job.owner == *filter.owner);
      });
      if (from == records_.rend()) {
        throw Error(ErrorCode::kInvalidInput, "the job to continue after is gone; start again from the newest");
      }
      ++from;
    }
    const std::string wanted = store::fold_case(filter.search);
    JobPage page;
    for (; from != records_.rend(); ++from) {
      const Job& job = from->job;
      if (filter.owner && job.owner != *filter.owner) continue;
      if (filter.only_waited_for && job.spec.origin.empty()) continue;
      if (filter.state && job.state != *filter.state) continue;
      if (store::fold_case(job.spec.source_name).find(wanted) == std::string::npos) continue;
      if (static_cast<int>(page.jobs.size()) >= filter.limit) {
        page.has_more = true;
        break;
      }
      page.jobs.push_back(job);
    }
    return page;
  }

  std::map<JobState, int> count_by_state() const override {
    const MutexLock lock(mutex_);
    std::map<JobState, int> counts = {{JobState::kQueued, 0},
                                      {JobState::kProcessing, 0},
                                      {JobState::kCompleted, 0},
                                      {JobState::kFailed, 0},
                                      {JobState::kCancelled, 0}};
    for (const Record& record : records_) ++counts[record.job.state];
    return counts;
  }

  OwnerUsage usage_of(const std::string& owner, TimePoint now) const override {
    const MutexLock lock(mutex_);
    return usage(owner, now);
  }

  int jobs_ahead(const std::string& job_id) const override {
    const MutexLock lock(mutex_);
    const auto mine =
        std::find_if(records_.begin(), records_.end(), [&](const Record& record) { return record.job.id == job_id; });
    if (mine == records_.end() || mine->job.state != JobState::kQueued) return 0;
    int ahead = 0;
    for (auto other = records_.begin(); other != records_.end(); ++other) {
      if (other->job.state != JobState::kQueued || other->job.run_after > other->queued_at) continue;
      if (!other->job.awaited_url.empty() || other->job.awaits_upload) continue;
      if (std::pair(rank(*other), other - records_.begin()) < std::pair(rank(*mine), mine - records_.begin())) ++ahead;
    }
    return ahead;
  }

  std::vector<std::string> ids() const override {
    const MutexLock lock(mutex_);
    std::vector<std::string> all;
    for (const Record& record : records_) all.push_back(record.job.id);
    return all;
  }

  bool remove(const std::string& job_id) override {
    const MutexLock lock(mutex_);
    return forget([&](const Record& record) { return record.job.id == job_id; }) == 1;
  }

  std::vector<OwnedJob> delete_finished_before(TimePoint time, int limit) override {
    const MutexLock lock(mutex_);
    std::vector<std::pair<TimePoint, OwnedJob>> old;
    for (const Record& record : records_) {
      if (record.job.finished_at && *record.job.finished_at < time)
        old.emplace_back(*record.job.finished_at, OwnedJob{.id = record.job.id, .owner = record.job.owner});
    }
    std::stable_sort(old.begin(), old.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (static_cast<int>(old.size()) > limit) old.resize(static_cast<std::size_t>(limit));
    std::vector<OwnedJob> deleted;
    for (const auto& [finished_at, job] : old) {
      forget([&job = job](const Record& record) { return record.job.id == job.id; });
      deleted.push_back(job);
    }
    return deleted;
  }

 private:
  struct Record {
    Job job;
    TimePoint queued_at{};
    int crashes = 0;
    std::string owner;
    std::string token;  ///< empty: no lease
    TimePoint lease_until{};
    std::vector<Checkpoint> checkpoints;
  };

  struct Key {
    std::string job_id;
    std::string fingerprint;
    TimePoint used_at{};
  };

  struct Day {
    int jobs = 0;
    std::chrono::milliseconds media{};
  };

  static std::chrono::sys_days day_of(TimePoint now) { return std::chrono::floor<std::chrono::days>(now); }

  OwnerUsage usage(const std::string& owner, TimePoint now) const REQUIRES(mutex_) {
    OwnerUsage used;
    for (const Record& record : records_) {
      if (record.job.owner != owner) continue;
      used.stored_bytes += record.job.media.size_bytes;
      if (record.job.state == JobState::kQueued) ++used.queued_jobs;
    }
    const auto day = days_.find({owner, day_of(now)});
    if (day != days_.end()) {
      used.jobs_today = day->second.jobs;
      used.media_today = day->second.media;
    }
    return used;
  }

  static TimePoint rank(const Record& record) {
    return record.queued_at - std::chrono::minutes(5) * static_cast<int>(record.job.spec.priority);
  }

  static void end(Record& record, JobState state, TimePoint now) {
    record.job.state = state;
    record.job.finished_at = now;
    record.job.error.reset();
    record.token.clear();
  }

  static void requeue(Record& record) {
    record.job.state = JobState::kQueued;
    record.job.progress = {};
    record.job.awaits_upload = !record.job.upload_id.empty();
    record.token.clear();
  }

  /// Whether another job, which is being processed, does the same.
  bool others_work(const Record& record) const REQUIRES(mutex_) {
    return !record.job.work_key.empty() && std::ranges::any_of(records_, [&](const Record& other) {
      return other.job.id != record.job.id && other.job.state == JobState::kProcessing &&
             other.job.work_key == record.job.work_key;
    });
  }

  Record& require(const std::string& job_id) REQUIRES(mutex_) {
    for (Record& record : records_) {
      if (record.job.id == job_id) return record;
    }
    throw Error(ErrorCode::kNotFound, "no such job");
  }

  Job replayed(const Key& key, const std::string& fingerprint) const REQUIRES(mutex_) {
    if (key.fingerprint != fingerprint) {
      throw Error(ErrorCode::kInvalidInput, "the idempotency key was used before with a different request");
    }
    for (const Record& record : records_) {
      if (record.job.id == key.job_id) return record.job;
    }
    throw Error(ErrorCode::kNotFound, "no such job");
  }

  Record* held(const Lease& lease) REQUIRES(mutex_) {
    for (Record& record : records_) {
      if (record.job.id == lease.job_id && !record.token.empty() && record.token == lease.token) return &record;
    }
    return nullptr;
  }

  template <typename Predicate>
  std::size_t forget(Predicate unwanted) REQUIRES(mutex_) {
    for (const Record& record : records_) {
      if (!unwanted(record)) continue;
      std::erase_if(keys_, [&](const auto& key) { return key.second.job_id == record.job.id; });
    }
    return std::erase_if(records_, unwanted);
  }

  mutable Mutex mutex_;
  std::vector<Record> records_ GUARDED_BY(mutex_);  ///< in order of arrival
  std::map<std::pair<std::string, std::string>, Key> keys_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::chrono::sys_days>, Day> days_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::contract
