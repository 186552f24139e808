// Many workers of two runners on one database, with failures, cancels, stolen leases and readers; made for TSan.

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>

#include "base/ids.h"
#include "base/mutex.h"
#include "base/temporary_folder.h"
#include "jobs/job_runner.h"
#include "tests/contract/opened_job_store.h"
#include "tests/unit/jobs/fake_clock.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr int kJobs = 500;
constexpr int kCancels = 60;

/// Forwards to a store and counts how often each job ended.
class EndCounter final : public JobStore {
 public:
  explicit EndCounter(JobStore& store) : store_(store) {}

  EnqueueResult enqueue(const NewJob& job, TimePoint now) override { return store_.enqueue(job, now); }
  std::optional<Job> find_by_key(const std::string& owner, const std::string& key, const std::string& fingerprint,
                                 TimePoint now) const override {
    return store_.find_by_key(owner, key, fingerprint, now);
  }
  std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now, milliseconds lease_time,
                                       const ClaimFilter& filter) override {
    return store_.claim_next(owner, now, lease_time, filter);
  }
  WorkClaim claim_work(const Lease& lease, const std::string& work_key) override {
    return store_.claim_work(lease, work_key);
  }
  LeaseState heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                       milliseconds lease_time) override {
    return store_.heartbeat(lease, progress, now, lease_time);
  }
  bool checkpoint(const Lease& lease, const Checkpoint& checkpoint, TimePoint now) override {
    return store_.checkpoint(lease, checkpoint, now);
  }
  std::vector<Checkpoint> checkpoints(const std::string& job_id, const std::string& stage) const override {
    return store_.checkpoints(job_id, stage);
  }
  bool finish(const Lease& lease, const JobOutcome& outcome, TimePoint now) override {
    return count(lease.job_id, store_.finish(lease, outcome, now));
  }
  bool fail(const Lease& lease, const JobError& error, std::optional<TimePoint> retry_at, TimePoint now) override {
    const bool held = store_.fail(lease, error, retry_at, now);
    // With a retry it ends only if a cancel was asked for; the final state of the job tells.
    if (!retry_at) count(lease.job_id, held);
    return held;
  }
  bool confirm_cancel(const Lease& lease, TimePoint now) override {
    return count(lease.job_id, store_.confirm_cancel(lease, now));
  }
  bool release(const Lease& lease, TimePoint now) override { return store_.release(lease, now); }
  Job request_cancel(const std::string& job_id, TimePoint now) override { return store_.request_cancel(job_id, now); }
  Job retry(const std::string& job_id, TimePoint now) override { return store_.retry(job_id, now); }
  std::vector<Job> with_uploads() const override { return store_.with_uploads(); }
  bool media_arrived(const std::string& job_id, const MediaSummary& media, MediaPart part) override {
    return store_.media_arrived(job_id, media, part);
  }
  bool fail_awaiting(const std::string& job_id, const JobError& error, TimePoint now) override {
    return count(job_id, store_.fail_awaiting(job_id, error, now));
  }
  bool await_upload(const Lease& lease, TimePoint now) override { return store_.await_upload(lease, now); }
  std::vector<OwnedJob> requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) override {
    return store_.requeue_orphans(owner, max_crashes, now);
  }
  std::optional<Job> get(const std::string& job_id) const override { return store_.get(job_id); }
  JobPage list(const JobFilter& filter) const override { return store_.list(filter); }
  std::map<JobState, int> count_by_state() const override { return store_.count_by_state(); }
  OwnerUsage usage_of(const std::string& owner, TimePoint now) const override { return store_.usage_of(owner, now); }
  int jobs_ahead(const std::string& job_id) const override { return store_.jobs_ahead(job_id); }
  std::vector<std::string> ids() const override { return store_.ids(); }
  bool remove(const std::string& job_id) override { return store_.remove(job_id); }
  std::vector<OwnedJob> delete_finished_before(TimePoint time, int limit) override {
    return store_.delete_finished_before(time, limit);
  }

  std::map<std::string, int> ends() const {
    const MutexLock lock(mutex_);
    return ends_;
  }

 private:
  bool count(const std::string& job_id, bool ended) {
    const MutexLock lock(mutex_);
    if (ended) ++ends_[job_id];
    return ended;
  }

  JobStore& store_;
  mutable Mutex mutex_;
  std::map<std::string, int> ends_ GUARDED_BY(mutex_);
};

/// A job that fails now and then, differently in each attempt, and names its attempt in its result.
JobOutcome work(const Job& job, pipeline::Checkpoints& checkpoints, Progress& progress, const std::stop_token& stop) {
  std::mt19937 random(static_cast<unsigned>(std::hash<std::string>{}(job.id)) + static_cast<unsigned>(job.attempt));
  const std::size_t done = checkpoints.load("window").size();
  for (std::size_t window = done; window < 3; ++window) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped");
    if (random() % 100 < 8) throw Error(ErrorCode::kUnavailable, "now and then");
    if (random() % 100 < 2) throw Error(ErrorCode::kCorrupt, "for good");
    checkpoints.save({.stage = "window", .key = std::to_string(window), .payload = "{}"});
    progress.update(Stage::kTranscribing, milliseconds(window), milliseconds(3));
  }
  return {.files = {}, .notes = {"attempt " + std::to_string(job.attempt)}};
}

/// A folder in memory where there is one: this test is about threads, not about a disk's speed.
std::filesystem::path fast_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
}

bool all_ended(const JobStore& store) {
  const auto counts = store.count_by_state();
  return counts.at(JobState::kQueued) == 0 && counts.at(JobState::kProcessing) == 0;
}

TEST(JobQueueStress, EveryJobEndsExactlyOnce) {
  const TemporaryFolder folder(fast_folder());
  contract::OpenedJobStore sqlite({.path = folder / "voxlate.db", .ballast_bytes = 0});
  EndCounter store(sqlite);
  ChangeFeed feed(1000);
  FakeClock clock;
  JobRunner::Options options;
  options.owner = "server";
  options.workers = 4;
  options.heartbeat_interval = milliseconds(50);
  options.poll_interval = milliseconds(20);
  options.retry.base_delay = options.retry.max_delay = milliseconds(0);
  auto first = std::make_unique<JobRunner>(options, store, feed, clock, work);
  auto second = std::make_unique<JobRunner>(options, store, feed, clock, work);

  const std::jthread reader([&](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const JobPage page = store.list({.state = {}, .search = "talk", .after_id = {}, .limit = 20});
      for (const Job& job : page.jobs) store.jobs_ahead(job.id);
      feed.wait(feed.newest(), {}, milliseconds(5), stop);
    }
  });
  std::vector<std::string> ids;
  std::mt19937 random(1);
  for (int i = 0; i < kJobs; ++i) {
    NewJob job;
    job.id = random_id();
    job.spec.source_name = "talk.mp4";
    job.spec.priority = static_cast<Priority>(random() % 4);
    ids.push_back(store.enqueue(job, clock.now()).job.id);
    first->wake();
    // Now and then every running job is taken from its worker, as if its lease had run out.
    if (i % 50 == 49) store.requeue_orphans("server", /*max_crashes=*/1000, clock.now() + hours(1));
  }
  std::set<std::string> cancelled_while_queued;
  for (int i = 0; i < kCancels; ++i) {
    const std::string& id = ids[random() % ids.size()];
    try {
      if (store.request_cancel(id, clock.now()).state == JobState::kCancelled) cancelled_while_queued.insert(id);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConflict);
    }
  }
  while (!all_ended(store)) feed.wait(feed.newest(), {}, milliseconds(20), {});
  first.reset();
  second.reset();

  const std::map<std::string, int> ends = store.ends();
  for (const std::string& id : ids) {
    const Job job = store.get(id).value();
    const int count = ends.contains(id) ? ends.at(id) : 0;
    if (job.state == JobState::kCancelled) {
      EXPECT_LE(count, 1) << id;
    } else {
      EXPECT_EQ(count, 1) << id << " " << to_string(job.state);
      EXPECT_FALSE(cancelled_while_queued.contains(id));
    }
    if (job.state == JobState::kCompleted) {
      ASSERT_EQ(job.notes.size(), 1U);
      EXPECT_EQ(job.notes[0], "attempt " + std::to_string(job.attempt)) << "the result is that of the last attempt";
    }
  }
  EXPECT_GT(store.count_by_state().at(JobState::kCompleted), kJobs / 2);
}

}  // namespace
}  // namespace voxlate::jobs
