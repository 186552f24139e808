#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/retry_policy.h"
#include "jobs/ticker.h"
#include "pipeline/run_job.h"
#include "voxlate/job_store.h"

namespace voxlate::jobs {

class Attempt;

/// Does the work of one job; throws Error, `kCancelled` soon after the stop is requested.
using RunJob =
    std::function<JobOutcome(const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, std::stop_token)>;

/// What is asked before each claim.
struct Admission {
  /// Whether there is room for the next job; while it says no, none starts.
  std::function<bool(const Job&)> fits = [](const Job&) { return true; };
  /// A job that fitted has ended, or was not started after all.
  std::function<void(const Job&)> ended = [](const Job&) {};
  /// Models that will be here soon: jobs for them stay queued.
  std::function<std::vector<std::string>()> awaited = [] { return std::vector<std::string>(); };
};

/// Runs the queued jobs of a store, `workers` at once. One more thread keeps the leases of all running jobs, writes
/// their progress, learns of cancels and stops a job that makes no progress. Every change is published to the feed.
///
/// An attempt ends in exactly one of: finished; failed for good; failed with a retry after a back-off; cancelled;
/// released to the queue (shutdown); dropped (the lease was lost). Thread-safe.
class JobRunner {
 public:
  struct Options {
    std::string owner;  ///< this process, new at every start; the same for JobRescuer
    int workers = 3;
    int brief_workers = 0;  ///< more of them, which take nothing but jobs with `JobSpec::brief`
    std::chrono::milliseconds lease_time = std::chrono::seconds(30);
    std::chrono::milliseconds heartbeat_interval = std::chrono::seconds(1);  ///< progress is written this often
    std::chrono::milliseconds poll_interval = std::chrono::seconds(1);       ///< idle workers look this often unasked
    RetryPolicy retry;
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(1800);        ///< without progress
    std::chrono::milliseconds large_stall_timeout = std::chrono::seconds(3600);  ///< of a large source
    std::uint64_t large_source_bytes = 1ULL << 30U;
  };

  /// Starts the threads.
  JobRunner(Options options, JobStore& store, ChangeFeed& feed, const Clock& clock, RunJob run_job,
            Admission admission = {});

  /// Stops taking, then stops running, then waits for the workers.
  ~JobRunner();

  JobRunner(const JobRunner&) = delete;
  JobRunner& operator=(const JobRunner&) = delete;

  /// There may be something new: a job was enqueued or retried, or a cancel was requested. Cheap.
  void wake();

  /// First phase of a shutdown: no job is taken any more, running ones go on. Returns at once.
  void stop_taking();

  /// Second phase: running jobs are stopped and go back to the queue, their attempt not charged. Returns at once.
  void stop_running();

  /// Sends the job that started last back to the queue, because memory is short: its finished pieces stay, and the
  /// attempt counts. False when none runs. Returns at once.
  bool requeue_newest();

  int workers() const { return options_.workers; }
  int active() const { return active_; }

 private:
  class Promise;
  class Registration;

  void work(bool only_brief, std::stop_token stop_taking);
  void wake_workers();
  std::uint64_t wakes();
  void wait_for_work(std::uint64_t seen, std::stop_token stop_taking);
  bool take_one(bool only_brief, const std::stop_token& stop_taking);
  void run_attempt(const ClaimedJob& claimed);

  /// How an attempt ends; false when the lease was lost.
  bool finish(const Attempt& attempt, const JobOutcome& outcome);
  bool give_up(const Attempt& attempt, const JobError& error);
  bool fail(const Attempt& attempt, const JobError& error);

  void beat_all();

  const Options options_;
  JobStore& store_;
  ChangeFeed& feed_;
  const Clock& clock_;
  const RunJob run_job_;
  const Admission admission_;

  std::atomic<int> active_ = 0;

  Mutex wake_mutex_;
  ConditionVariable woken_;
  std::uint64_t wakes_ GUARDED_BY(wake_mutex_) = 0;

  Mutex attempts_mutex_;
  std::vector<Attempt*> attempts_ GUARDED_BY(attempts_mutex_);
  bool stop_running_ GUARDED_BY(attempts_mutex_) = false;

  Ticker heartbeat_;
  std::vector<std::jthread> threads_;
};

}  // namespace voxlate::jobs
