#pragma once

#include <chrono>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "pipeline/run_job.h"
#include "voxlate/job_store.h"

namespace voxlate::jobs {

enum class StopReason { kNone, kCancel, kLeaseLost, kShutdown, kMemory, kStalled, kOthersWork };

/// One attempt at a job while it runs: what the work reports to and saves through, and the stop that reaches it.
/// The worker's side (Progress, Checkpoints) and the heartbeat's side may be called at the same time.
class Attempt final : public Progress, public pipeline::Checkpoints {
 public:
  struct Options {
    std::chrono::milliseconds lease_time;
    std::chrono::milliseconds stall_timeout;
  };

  Attempt(const ClaimedJob& claimed, Options options, JobStore& store, ChangeFeed& feed, const Clock& clock);

  const Job& job() const { return job_; }
  const Lease& lease() const { return lease_; }
  std::stop_token stop_token() const { return stop_.get_token(); }

  /// Why the work was asked to stop; the first reason counts.
  StopReason stop_reason() const;
  void stop(StopReason reason);

  /// Only remembers; the next beat writes it.
  void update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) override;

  std::vector<Checkpoint> load(std::string_view stage) const override;
  void save(const Checkpoint& checkpoint) override;
  void claim_work(const std::string& work_key) override;

  /// Extends the lease, writes and publishes the progress, and stops the work when the job was cancelled, lost, or
  /// stands still. Throws what the store throws. Called by one thread.
  void beat();

 private:
  /// Time without progress. Summed from beat to beat, each part at most a lease long, so that neither a jump of the
  /// clock nor a sleeping computer looks like a stall.
  bool has_stalled(TimePoint now);

  const Job job_;
  const Lease lease_;
  const Options options_;
  JobStore& store_;
  ChangeFeed& feed_;
  const Clock& clock_;
  std::stop_source stop_;

  mutable Mutex mutex_;
  StopReason reason_ GUARDED_BY(mutex_) = StopReason::kNone;
  JobProgress progress_ GUARDED_BY(mutex_);
  bool unpublished_ GUARDED_BY(mutex_) = false;
  bool advanced_ GUARDED_BY(mutex_) = false;  ///< since the last beat
  TimePoint last_beat_ GUARDED_BY(mutex_);
  std::chrono::milliseconds stalled_ GUARDED_BY(mutex_){};
};

}  // namespace voxlate::jobs
