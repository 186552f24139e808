#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "base/mutex.h"
#include "voxlate/job_store.h"

namespace voxlate::store {

class Ballast;
class Database;

/// The job store in one SQLite file. Every call is durable when it returns (WAL, synchronous=FULL). Thread-safe:
/// one connection writes and checkpoints, one reads, each under its own mutex, so that lists stay fast while a
/// commit waits for the disk. The file must not be opened by another process at the same time: DataFolder's lock
/// sees to that.
///
/// On a full disk enqueue, claim_next and checkpoint throw `kStorageFull`; all other calls still work: they may use
/// the room of a ballast file beside the database, which is made anew once there is space again.
class SqliteJobStore final : public JobStore {
 public:
  struct Options {
    std::filesystem::path path;
    std::uint64_t ballast_bytes = 64ULL << 20U;  ///< 0: none
  };

  /// Opens or creates the database and brings its schema up to date. Throws `kCorrupt` (damaged, or not a
  /// database), `kUnsupported` (made by a newer version), `kStorageFull`, `kInternal`.
  explicit SqliteJobStore(const Options& options);
  ~SqliteJobStore() override;

  EnqueueResult enqueue(const NewJob& job, TimePoint now) override;
  std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now, std::chrono::milliseconds lease_time,
                                       const std::vector<std::string>& awaited) override;
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
  std::vector<std::string> requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) override;
  std::optional<Job> get(const std::string& job_id) const override;
  JobPage list(const JobFilter& filter) const override;
  std::map<JobState, int> count_by_state() const override;
  int jobs_ahead(const std::string& job_id) const override;
  std::vector<std::string> ids() const override;
  bool remove(const std::string& job_id) override;
  std::vector<std::string> delete_finished_before(TimePoint time, int limit) override;

 private:
  enum class Room { kNeedsBallast, kMayUseBallast };

  /// Runs `work` in one write transaction; see the class comment for `room`.
  void write(Room room, const std::function<void(Database&)>& work);

  Mutex write_mutex_;
  std::unique_ptr<Ballast> ballast_ GUARDED_BY(write_mutex_);
  std::unique_ptr<Database> writer_ GUARDED_BY(write_mutex_);

  mutable Mutex read_mutex_;
  std::unique_ptr<Database> reader_ GUARDED_BY(read_mutex_);
};

}  // namespace voxlate::store
