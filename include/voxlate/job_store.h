#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

/// Proof that a worker owns a job. A stale one changes nothing: every write that takes a lease returns
/// whether the lease still held (see Note [Lease fencing] in store/sqlite_job_store.cpp).
struct Lease {
  std::string job_id;
  std::string owner;  ///< one running server process
  int attempt = 0;
  std::string token;  ///< random, new at every claim
};

/// What an owner has and has used, deleted jobs included where it counts days. Days are of UTC.
struct OwnerUsage {
  int queued_jobs = 0;
  std::uint64_t stored_bytes = 0;  ///< of the media of all the owner's jobs
  int jobs_today = 0;
  std::chrono::milliseconds media_today{};

  bool operator==(const OwnerUsage&) const = default;
};

/// How much of that an owner may have, the new job included; none: no limit.
struct OwnerLimits {
  std::optional<int> queued_jobs{};
  std::optional<std::uint64_t> stored_bytes{};
  std::optional<int> jobs_per_day{};
  std::optional<std::chrono::milliseconds> media_per_day{};
};

enum class OwnerLimit { kNone, kQueuedJobs, kStoredBytes, kJobsPerDay, kMediaPerDay };

struct NewJob {
  std::string id;
  std::string owner;  ///< `Job::owner`
  JobSpec spec;
  MediaSummary media;
  std::string source_url{};     ///< where the source is to be fetched first; empty: it is in the workspace
  std::string idempotency_key;  ///< empty: none; of the owner
  std::string fingerprint;      ///< SHA-256 of what was asked, compared when the key is seen again
  OwnerLimits limits{};
  std::string upload_id{};  ///< `Job::upload_id`: such a job first awaits its upload
  std::string work_key{};   ///< `Job::work_key`
};

/// The limit that the job would exceed.
constexpr OwnerLimit first_exceeded(const NewJob& job, const OwnerUsage& usage) {
  const OwnerLimits& most = job.limits;
  if (most.queued_jobs && usage.queued_jobs + 1 > *most.queued_jobs) return OwnerLimit::kQueuedJobs;
  if (most.stored_bytes && usage.stored_bytes + job.media.size_bytes > *most.stored_bytes) {
    return OwnerLimit::kStoredBytes;
  }
  if (most.jobs_per_day && usage.jobs_today + 1 > *most.jobs_per_day) return OwnerLimit::kJobsPerDay;
  if (most.media_per_day && usage.media_today + job.media.duration > *most.media_per_day) {
    return OwnerLimit::kMediaPerDay;
  }
  return OwnerLimit::kNone;
}

struct EnqueueResult {
  Job job;
  bool replayed = false;                   ///< the key was known: `job` is the earlier one and nothing was added
  OwnerLimit refused = OwnerLimit::kNone;  ///< else nothing was added, and `job` is empty
};

/// What is left to say of a job that is changed or gone without being read.
struct OwnedJob {
  std::string id;
  std::string owner;  ///< `Job::owner`

  bool operator==(const OwnedJob&) const = default;
};

/// Which of the queued jobs a worker takes.
struct ClaimFilter {
  std::vector<std::string> awaited{};  ///< jobs for one of these models stay queued
  bool only_brief = false;             ///< only those with `JobSpec::brief`

  /// Asked for the job that would be taken; while it says no, none is taken, so that no job is passed by others for
  /// ever. Quick: a transaction waits for it.
  std::function<bool(const Job&)> fits = [](const Job&) { return true; };
};

struct ClaimedJob {
  Job job;
  Lease lease;
};

enum class LeaseState { kHeld, kCancelRequested, kLost };

/// Whose the work of a job is: its own, another job's that is being processed, or nobody's, as the lease is lost.
enum class WorkClaim { kOwn, kOthers, kLost };

/// A finished piece of a job that a later attempt need not repeat.
struct Checkpoint {
  std::string stage;    ///< "window", "translation"
  std::string key;      ///< unique within job and stage; checkpoints are listed in the order they were added
  std::string payload;  ///< JSON

  bool operator==(const Checkpoint&) const = default;
};

/// How much of the media of a job has come.
enum class MediaPart { kEnoughToBegin, kWhole };

struct JobOutcome {
  std::vector<JobFile> files;
  std::vector<std::string> notes;
  std::vector<std::string> cached{};  ///< `Job::cached`
};

struct JobFilter {
  std::optional<std::string> owner{};  ///< only this one's; none: everybody's
  std::optional<JobState> state;
  bool only_waited_for = false;  ///< only those with `JobSpec::origin`
  std::string search;            ///< part of the source name, case-insensitive; empty: all
  std::string after_id;          ///< continue behind this job of an earlier page; empty: from the newest
  int limit = 50;
};

struct JobPage {
  std::vector<Job> jobs;  ///< newest first
  bool has_more = false;
};

/// The durable queue and the record of all jobs. Each call is one transaction that is on disk when it
/// returns; time is passed in; thread-safe. Every implementation passes tests/contract/job_store_test.
/// Once a cancel was requested, a job that fails, is released or loses its worker becomes cancelled; one
/// that finishes becomes completed.
class JobStore {
 public:
  virtual ~JobStore() = default;

  /// Adds a queued job, or finds the earlier one under the same idempotency key; a key is known for 24 hours,
  /// as long as its job exists. Of several jobs of an owner at once none gets past `NewJob::limits`.
  /// Throws `kInvalidInput` when the key was used with another fingerprint, `kConflict` when there is a job on the
  /// same upload already.
  virtual EnqueueResult enqueue(const NewJob& job, TimePoint now) = 0;

  /// The earlier job under an idempotency key, as `enqueue` would find it, and with the same failure.
  virtual std::optional<Job> find_by_key(const std::string& owner, const std::string& key,
                                         const std::string& fingerprint, TimePoint now) const = 0;

  /// Takes the most urgent job that may run: by priority and age, so that even a low one starts in
  /// bounded time. Of those that `filter` lets through and whose source is there; a job whose work another one is doing
  /// now, by `Job::work_key`, waits for the end of that one. The attempt is counted.
  virtual std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now,
                                               std::chrono::milliseconds lease_time, const ClaimFilter& filter) = 0;

  /// Notes the job's `work_key`. Of several jobs with one key the first has the work; the others are to be released.
  virtual WorkClaim claim_work(const Lease& lease, const std::string& work_key) = 0;

  /// Extends the lease and stores the progress.
  virtual LeaseState heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                               std::chrono::milliseconds lease_time) = 0;

  /// Adds the checkpoint, or replaces the one with the same stage and key at its place. Crashes are counted
  /// anew from here: the job advances.
  virtual bool checkpoint(const Lease& lease, const Checkpoint& checkpoint, TimePoint now) = 0;
  virtual std::vector<Checkpoint> checkpoints(const std::string& job_id, const std::string& stage) const = 0;

  /// processing -> completed; its checkpoints are dropped.
  virtual bool finish(const Lease& lease, const JobOutcome& outcome, TimePoint now) = 0;

  /// processing -> queued at `retry_at`, or -> failed when there is none.
  virtual bool fail(const Lease& lease, const JobError& error, std::optional<TimePoint> retry_at, TimePoint now) = 0;

  /// processing -> cancelled, once the worker has stopped.
  virtual bool confirm_cancel(const Lease& lease, TimePoint now) = 0;

  /// processing -> queued without charging the attempt: the server is shutting down.
  virtual bool release(const Lease& lease, TimePoint now) = 0;

  /// queued -> cancelled at once; processing: the worker is told at its next heartbeat. Returns the job
  /// as it is then. Throws `kNotFound`, `kConflict` (already finished).
  virtual Job request_cancel(const std::string& job_id, TimePoint now) = 0;

  /// failed or cancelled -> queued, attempts counted anew, checkpoints kept. Throws `kNotFound`, `kConflict`.
  virtual Job retry(const std::string& job_id, TimePoint now) = 0;

  /// Jobs whose media is still coming in, in any state, the oldest first. Whenever such a job is queued (anew), it
  /// awaits its upload again.
  virtual std::vector<Job> with_uploads() const = 0;

  /// Notes what is known of the media of a job with an upload, which may begin now; when it is there as a whole, the
  /// job has nothing to do with the upload any more. False when there is no such job.
  virtual bool media_arrived(const std::string& job_id, const MediaSummary& media, MediaPart part) = 0;

  /// queued -> failed, of a job that awaits its upload. False when it does not.
  virtual bool fail_awaiting(const std::string& job_id, const JobError& error, TimePoint now) = 0;

  /// processing -> queued without charging the attempt, to await its upload; cancelled instead when that was wanted.
  /// False when its media is there as a whole, or the lease is lost.
  virtual bool await_upload(const Lease& lease, TimePoint now) = 0;

  /// Requeues processing jobs whose lease ran out before `now`, or that belong to another owner than
  /// `owner` (an earlier process on the same data). Each such loss counts as a crash; at
  /// the `max_crashes`-th without a checkpoint between them the job fails instead. Returns those touched.
  virtual std::vector<OwnedJob> requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) = 0;

  virtual std::optional<Job> get(const std::string& job_id) const = 0;
  /// Throws `kInvalidInput` when there is no job `after_id` (any more).
  virtual JobPage list(const JobFilter& filter) const = 0;
  /// All five states, at one moment.
  virtual std::map<JobState, int> count_by_state() const = 0;
  virtual OwnerUsage usage_of(const std::string& owner, TimePoint now) const = 0;
  /// Queued jobs that would be claimed before this one, those that wait for a retry, their source or an upload left
  /// out; 0 for a job in any other state.
  virtual int jobs_ahead(const std::string& job_id) const = 0;
  /// All ids, for sweeping folders that belong to no job.
  virtual std::vector<std::string> ids() const = 0;

  /// Deletes the record in any state; a worker on it finds its lease lost. False when absent.
  virtual bool remove(const std::string& job_id) = 0;

  /// Deletes finished jobs (completed, failed, cancelled) older than `time`, at most `limit`; returns them.
  virtual std::vector<OwnedJob> delete_finished_before(TimePoint time, int limit) = 0;
};

}  // namespace voxlate
