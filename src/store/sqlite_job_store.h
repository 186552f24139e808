#pragma once

#include "store/storage.h"
#include "voxlate/job_store.h"

namespace voxlate::store {

/// The job store in SQLite. Every call is durable when it returns. Thread-safe.
///
/// On a full disk enqueue, claim_next, checkpoint and retry throw `kStorageFull`; all other calls still work.
class SqliteJobStore : public JobStore {
 public:
  explicit SqliteJobStore(Storage& storage) : storage_(storage) {}

  EnqueueResult enqueue(const NewJob& job, TimePoint now) override;
  std::optional<Job> find_by_key(const std::string& owner, const std::string& key, const std::string& fingerprint,
                                 TimePoint now) const override;
  std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now, std::chrono::milliseconds lease_time,
                                       const ClaimFilter& filter) override;
  WorkClaim claim_work(const Lease& lease, const std::string& work_key) override;
  LeaseState heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                       std::chrono::milliseconds lease_time) override;
  bool checkpoint(const Lease& lease, const Checkpoint& checkpoint, TimePoint now) override;
  std::vector<Checkpoint> checkpoints(const std::string& job_id, const std::string& stage) const override;
  bool finish(const Lease& lease, const JobOutcome& outcome, TimePoint now) override;
  bool fail(const Lease& lease, const JobError& error, std::optional<TimePoint> retry_at, TimePoint now) override;
  bool confirm_cancel(const Lease& lease, TimePoint now) override;
  bool release(const Lease& lease, TimePoint now) override;
  Job request_cancel(const std::string& job_id, TimePoint now) override;
  Job retry(const std::string& job_id, TimePoint now) override;
  std::vector<Job> with_uploads() const override;
  bool media_arrived(const std::string& job_id, const MediaSummary& media, MediaPart part) override;
  bool fail_awaiting(const std::string& job_id, const JobError& error, TimePoint now) override;
  bool await_upload(const Lease& lease, TimePoint now) override;
  std::vector<OwnedJob> requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) override;
  std::optional<Job> get(const std::string& job_id) const override;
  JobPage list(const JobFilter& filter) const override;
  std::map<JobState, int> count_by_state() const override;
  OwnerUsage usage_of(const std::string& owner, TimePoint now) const override;
  int jobs_ahead(const std::string& job_id) const override;
  std::vector<std::string> ids() const override;
  bool remove(const std::string& job_id) override;
  std::vector<OwnedJob> delete_finished_before(TimePoint time, int limit) override;

 private:
  Storage& storage_;
};

}  // namespace voxlate::store
