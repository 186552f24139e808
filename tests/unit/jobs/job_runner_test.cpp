#include "jobs/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <new>

#include "base/ids.h"
#include "tests/contract/in_memory_job_store.h"
#include "tests/unit/jobs/fake_clock.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Blocks until the work is asked to stop, as a well-behaved job does.
[[noreturn]] void run_until_stopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [] { return false; });
  throw Error(ErrorCode::kCancelled, "stopped");
}

/// The contract, with claims and heartbeats that can be made to fail or be watched.
class WatchedStore final : public contract::InMemoryJobStore {
 public:
  std::optional<ClaimedJob> claim_next(const std::string& owner, TimePoint now, milliseconds lease_time,
                                       const ClaimFilter& filter) override {
    if (failing_claims > 0) {
      --failing_claims;
      throw Error(ErrorCode::kStorageFull, "disk full");
    }
    return InMemoryJobStore::claim_next(owner, now, lease_time, filter);
  }

  LeaseState heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                       milliseconds lease_time) override {
    const LeaseState state = InMemoryJobStore::heartbeat(lease, progress, now, lease_time);
    ++heartbeats;
    heartbeats.notify_all();
    return state;
  }

  /// Waits until `count` more heartbeats were written.
  void await_heartbeats(int count) {
    const int wanted = heartbeats + count;
    for (int seen = heartbeats; seen < wanted; seen = heartbeats) heartbeats.wait(seen);
  }

  std::atomic<int> failing_claims = 0;
  std::atomic<int> heartbeats = 0;
};

/// Jobs that gave back what they were promised. Thread-safe.
class Ended {
 public:
  void add(const std::string& id) {
    const MutexLock lock(mutex_);
    ids_.push_back(id);
  }
  std::vector<std::string> ids() {
    const MutexLock lock(mutex_);
    return ids_;
  }

 private:
  Mutex mutex_;
  std::vector<std::string> ids_ GUARDED_BY(mutex_);
};

class JobRunnerTest : public ::testing::Test {
 protected:
  /// Runs `work` with two workers that look for jobs only when woken, and with frequent heartbeats.
  void start(
      RunJob work, int workers = 2, std::function<bool(const Job&)> fits = [](const Job&) { return true; }) {
    JobRunner::Options options;
    options.owner = "server";
    options.workers = workers;
    options.brief_workers = brief_workers_;
    options.heartbeat_interval = milliseconds(1);
    options.poll_interval = poll_interval_;
    runner_ = std::make_unique<JobRunner>(options, store_, feed_, clock_, std::move(work),
                                          Admission{.fits = std::move(fits),
                                                    .ended = [this](const Job& job) { ended_.add(job.id); },
                                                    .awaited = [this] { return awaited_; }});
  }

  std::string add(Priority priority = Priority::kNormal, std::uint64_t size_bytes = 1) {
    NewJob job;
    job.id = random_id();
    job.spec.priority = priority;
    job.media.size_bytes = size_bytes;
    store_.enqueue(job, clock_.now());
    if (runner_) runner_->wake();
    return job.id;
  }

  /// Waits, driven by the feed, until the job fulfils `wish`; returns it.
  Job await(const std::string& id, const std::function<bool(const Job&)>& wish) {
    for (;;) {
      const std::uint64_t newest = feed_.newest();
      Job job = store_.get(id).value();
      if (wish(job)) return job;
      feed_.wait(newest, {}, minutes(1), {});
    }
  }

  Job await_state(const std::string& id, JobState state) {
    return await(id, [state](const Job& job) { return job.state == state; });
  }

  milliseconds poll_interval_ = hours(1);
  std::vector<std::string> awaited_;
  Ended ended_;
  int brief_workers_ = 0;
  WatchedStore store_;
  ChangeFeed feed_{100'000};
  FakeClock clock_;
  std::unique_ptr<JobRunner> runner_;
};

TEST_F(JobRunnerTest, FinishesAJobWithItsOutcome) {
  const std::string id = add();
  start([](const Job& job, pipeline::Checkpoints&, Progress&, std::stop_token) {
    return JobOutcome{.files = {}, .notes = {"did " + job.id}};
  });
  const Job job = await_state(id, JobState::kCompleted);
  EXPECT_THAT(job.notes, ElementsAre("did " + id));
  EXPECT_EQ(job.attempt, 1);
}

TEST_F(JobRunnerTest, AJobForAnAwaitedModelStaysQueued) {
  awaited_ = {"base"};
  NewJob waiting{.id = random_id(), .spec = {}, .media = {}, .idempotency_key = {}, .fingerprint = {}};
  waiting.spec.model = "base";
  store_.enqueue(waiting, clock_.now());
  start([](const auto&...) { return JobOutcome(); });
  await_state(add(), JobState::kCompleted);
  EXPECT_EQ(store_.get(waiting.id)->state, JobState::kQueued);
}

TEST_F(JobRunnerTest, ABriefJobDoesNotWaitForLongOnes) {
  brief_workers_ = 1;
  start(
      [](const Job& job, pipeline::Checkpoints&, Progress&, const std::stop_token& stop) {
        if (!job.spec.brief) run_until_stopped(stop);
        return JobOutcome();
      },
      /*workers=*/1);
  const std::string lengthy = add();
  await_state(lengthy, JobState::kProcessing);
  const std::string next = add(Priority::kUrgent);
  NewJob brief;
  brief.id = random_id();
  brief.spec.brief = true;
  store_.enqueue(brief, clock_.now());
  runner_->wake();
  await_state(brief.id, JobState::kCompleted);
  EXPECT_EQ(store_.get(next)->state, JobState::kQueued);
}

TEST_F(JobRunnerTest, WakeStartsANewJobWithoutAPoll) {
  start([](const auto&...) { return JobOutcome(); });
  await_state(add(), JobState::kCompleted);
}

TEST_F(JobRunnerTest, PollFindsJobsThatNobodyAnnounced) {
  poll_interval_ = milliseconds(1);
  start([](const auto&...) { return JobOutcome(); });
  NewJob job;
  job.id = random_id();
  store_.enqueue(job, clock_.now());
  await_state(job.id, JobState::kCompleted);
}

TEST_F(JobRunnerTest, PassingTroubleIsRetriedAfterItsDelay) {
  std::atomic<int> runs = 0;
  start([&](const auto&...) -> JobOutcome {
    if (++runs == 1) throw Error(ErrorCode::kUnavailable, "engine died");
    return {};
  });
  const std::string id = add();
  const Job waiting = await(id, [](const Job& job) { return job.error.has_value(); });
  EXPECT_EQ(waiting.state, JobState::kQueued);
  EXPECT_EQ(waiting.error->message, "engine died");
  EXPECT_GE(waiting.run_after, kStart + seconds(4));
  EXPECT_LE(waiting.run_after, kStart + seconds(6));
  clock_.advance(seconds(6));
  runner_->wake();
  EXPECT_EQ(await_state(id, JobState::kCompleted).attempt, 2);
}

TEST_F(JobRunnerTest, TroubleThatStaysFailsAfterTheLastAttempt) {
  start([&](const auto&...) -> JobOutcome { throw Error(ErrorCode::kUnavailable, "engine died"); });
  const std::string id = add();
  for (int attempt = 1; attempt < 5; ++attempt) {
    await(id, [=](const Job& job) { return job.state == JobState::kQueued && job.attempt == attempt; });
    clock_.advance(hours(2));
    runner_->wake();
  }
  const Job job = await_state(id, JobState::kFailed);
  EXPECT_EQ(job.attempt, 5);
  EXPECT_EQ(job.error->code, ErrorCode::kUnavailable);
}

TEST_F(JobRunnerTest, ErrorInTheInputFailsAtOnce) {
  start([&](const auto&...) -> JobOutcome { throw Error(ErrorCode::kCorrupt, "no moov atom"); });
  const Job job = await_state(add(), JobState::kFailed);
  EXPECT_EQ(job.error->code, ErrorCode::kCorrupt);
  EXPECT_EQ(job.error->message, "no moov atom");
  EXPECT_EQ(job.attempt, 1);
}

TEST_F(JobRunnerTest, ForeignExceptionsGetACode) {
  const auto has_error = [](const Job& job) { return job.error.has_value(); };
  start([&](const auto&...) -> JobOutcome { throw std::runtime_error("surprise"); });
  const Job surprised = await(add(), has_error);
  EXPECT_EQ(surprised.error->code, ErrorCode::kInternal);
  EXPECT_EQ(surprised.error->message, "surprise");
  runner_.reset();
  start([&](const auto&...) -> JobOutcome { throw std::bad_alloc(); });
  EXPECT_EQ(await(add(), has_error).error->code, ErrorCode::kOutOfMemory);
}

TEST_F(JobRunnerTest, CancelStopsARunningJob) {
  start([](const Job&, pipeline::Checkpoints&, Progress&, std::stop_token stop) -> JobOutcome {
    run_until_stopped(stop);
  });
  const std::string id = add();
  await_state(id, JobState::kProcessing);
  store_.request_cancel(id, clock_.now());
  runner_->wake();
  await_state(id, JobState::kCancelled);
  EXPECT_FALSE(store_.get(id)->error);
}

TEST_F(JobRunnerTest, StopWithoutAReasonIsAFailure) {
  start([](const auto&...) -> JobOutcome { throw Error(ErrorCode::kCancelled, "just so"); });
  const Job job = await(add(), [](const Job& seen) { return seen.error.has_value(); });
  EXPECT_EQ(job.error->code, ErrorCode::kInternal);
}

TEST_F(JobRunnerTest, LostLeaseStopsTheWorkAndDropsItsResult) {
  std::latch stopped(1);
  start(
      [&](const Job& job, pipeline::Checkpoints& checkpoints, Progress&, std::stop_token stop) -> JobOutcome {
        if (job.spec.priority == Priority::kLow) return {};
        try {
          run_until_stopped(stop);
        } catch (const Error&) {
          EXPECT_THROW(checkpoints.save({.stage = "window", .key = "1", .payload = "{}"}), Error);
          stopped.count_down();
        }
        return {.files = {}, .notes = {"too late"}};
      },
      /*workers=*/1);
  const std::string id = add();
  await_state(id, JobState::kProcessing);
  store_.remove(id);
  stopped.wait();
  await_state(add(Priority::kLow), JobState::kCompleted);
  EXPECT_FALSE(store_.get(id));
}

TEST_F(JobRunnerTest, ShutdownGivesRunningJobsBackUncharged) {
  std::latch running(1);
  start([&](const Job&, pipeline::Checkpoints&, Progress&, std::stop_token stop) -> JobOutcome {
    running.count_down();
    run_until_stopped(stop);
  });
  const std::string id = add();
  running.wait();
  EXPECT_EQ(runner_->active(), 1);
  runner_.reset();
  EXPECT_EQ(store_.get(id)->state, JobState::kQueued);
  EXPECT_EQ(store_.get(id)->attempt, 0);
}

TEST_F(JobRunnerTest, FirstPhaseOfAShutdownLetsRunningJobsEnd) {
  std::latch may_end(1);
  start([&](const auto&...) {
    may_end.wait();
    return JobOutcome();
  });
  const std::string running = add();
  await_state(running, JobState::kProcessing);
  runner_->stop_taking();
  const std::string late = add();
  may_end.count_down();
  await_state(running, JobState::kCompleted);
  runner_.reset();
  EXPECT_EQ(store_.get(late)->state, JobState::kQueued);
}

TEST_F(JobRunnerTest, UrgentJobsRunFirst) {
  const std::string low = add(Priority::kLow);
  const std::string urgent = add(Priority::kUrgent);
  const std::string normal = add(Priority::kNormal);
  std::vector<std::string> order;
  start(
      [&](const Job& job, const auto&...) {
        order.push_back(job.id);
        return JobOutcome();
      },
      /*workers=*/1);
  await_state(low, JobState::kCompleted);
  runner_.reset();
  EXPECT_THAT(order, ElementsAre(urgent, normal, low));
}

TEST_F(JobRunnerTest, NothingStartsWhileThereIsNoRoom) {
  std::atomic<bool> admitted = false;
  std::atomic<int> asked = 0;
  start([](const auto&...) { return JobOutcome(); }, /*workers=*/1,
        [&](const Job&) {
          ++asked;
          asked.notify_all();
          return admitted.load();
        });
  const std::string id = add();
  const int before = asked;
  runner_->wake();
  asked.wait(before);
  EXPECT_EQ(store_.get(id)->state, JobState::kQueued);
  admitted = true;
  runner_->wake();
  await_state(id, JobState::kCompleted);
  runner_.reset();
  EXPECT_THAT(ended_.ids(), ElementsAre(id)) << "what it was promised is free again";
}

TEST_F(JobRunnerTest, WhenMemoryIsShortTheNewestGoesBackAndKeepsWhatItHas) {
  const Checkpoint window = {.stage = "window", .key = "0-30", .payload = "{}"};
  std::atomic<int> runs = 0;
  start([&](const Job& job, pipeline::Checkpoints& checkpoints, Progress&, std::stop_token stop) -> JobOutcome {
    if (job.attempt > 1) return {};
    checkpoints.save(window);
    ++runs;
    runs.notify_all();
    run_until_stopped(stop);
  });
  EXPECT_FALSE(runner_->requeue_newest()) << "none runs";
  const std::string older = add();
  await_state(older, JobState::kProcessing);
  runs.wait(0);
  const std::string newer = add();
  runs.wait(1);
  EXPECT_TRUE(runner_->requeue_newest());
  const Job requeued = await(newer, [](const Job& job) { return job.error.has_value(); });
  EXPECT_EQ(requeued.state, JobState::kQueued);
  EXPECT_EQ(requeued.error->code, ErrorCode::kOutOfMemory);
  EXPECT_THAT(store_.checkpoints(newer, "window"), ElementsAre(window));
  EXPECT_EQ(store_.get(older)->state, JobState::kProcessing);
  clock_.advance(seconds(10));
  runner_->wake();
  await_state(newer, JobState::kCompleted);
}

TEST_F(JobRunnerTest, ProgressReachesTheStoreAndNeverGoesBack) {
  start([](const Job&, pipeline::Checkpoints&, Progress& progress, std::stop_token stop) -> JobOutcome {
    progress.update(Stage::kTranscribing, seconds(50), seconds(100));
    progress.update(Stage::kTranscribing, seconds(20), seconds(100));
    run_until_stopped(stop);
  });
  const std::string id = add();
  const Job job = await(id, [](const Job& seen) { return seen.progress.media_done == seconds(20); });
  const JobSpec spec;
  EXPECT_EQ(job.progress.stage, Stage::kTranscribing);
  EXPECT_EQ(job.progress.media_total, seconds(100));
  EXPECT_DOUBLE_EQ(job.progress.fraction,
                   pipeline::overall_fraction(spec, Stage::kTranscribing, seconds(50), seconds(100)));
}

TEST_F(JobRunnerTest, SilentJobKeepsItsLease) {
  start([](const Job&, pipeline::Checkpoints&, Progress&, std::stop_token stop) -> JobOutcome {
    run_until_stopped(stop);
  });
  const std::string id = add();
  await_state(id, JobState::kProcessing);
  for (int i = 0; i < 10; ++i) {
    clock_.advance(seconds(29));
    store_.await_heartbeats(2);
    EXPECT_THAT(store_.requeue_orphans("server", 3, clock_.now()), IsEmpty());
  }
}

TEST_F(JobRunnerTest, JobWithoutProgressIsStoppedAndRetried) {
  start([](const Job&, pipeline::Checkpoints&, Progress&, std::stop_token stop) -> JobOutcome {
    run_until_stopped(stop);
  });
  const std::string id = add();
  await_state(id, JobState::kProcessing);
  int half_minutes = 0;
  while (!store_.get(id)->error) {
    clock_.advance(seconds(30));
    ++half_minutes;
    feed_.wait(feed_.newest(), {.job_id = id}, milliseconds(2), {});
  }
  EXPECT_EQ(store_.get(id)->error->code, ErrorCode::kTimeout);
  EXPECT_GE(half_minutes, 60) << "half an hour without progress";
}

TEST_F(JobRunnerTest, JumpOfTheClockIsNoStall) {
  start([](const Job&, pipeline::Checkpoints&, Progress&, std::stop_token stop) -> JobOutcome {
    run_until_stopped(stop);
  });
  const std::string id = add();
  await_state(id, JobState::kProcessing);
  clock_.advance(hours(24));
  store_.await_heartbeats(3);
  EXPECT_EQ(store_.get(id)->state, JobState::kProcessing);
}

TEST_F(JobRunnerTest, CheckpointsAreKeptForTheNextAttemptAndWindowsPublished) {
  const Checkpoint window = {.stage = "window", .key = "0-30", .payload = "{\"w\":1}"};
  std::atomic<int> runs = 0;
  std::vector<Checkpoint> found;
  start([&](const Job&, pipeline::Checkpoints& checkpoints, Progress&, std::stop_token) -> JobOutcome {
    if (++runs == 1) {
      checkpoints.save(window);
      checkpoints.save({.stage = "translation", .key = "es", .payload = "{}"});
      throw Error(ErrorCode::kUnavailable, "engine died");
    }
    found = checkpoints.load("window");
    return {};
  });
  const std::string id = add();
  await(id, [](const Job& job) { return job.error.has_value(); });
  clock_.advance(seconds(6));
  runner_->wake();
  await_state(id, JobState::kCompleted);
  runner_.reset();
  EXPECT_THAT(found, ElementsAre(window));
  std::vector<std::string> windows;
  for (const Change& change : feed_.wait(0, {.job_id = id}, milliseconds(0), {}).changes) {
    if (change.kind == ChangeKind::kWindow) windows.push_back(change.payload);
  }
  EXPECT_THAT(windows, ElementsAre(window.payload));
}

TEST_F(JobRunnerTest, WorkersSurviveAStoreThatFails) {
  store_.failing_claims = 5;
  poll_interval_ = milliseconds(1);
  start([](const auto&...) { return JobOutcome(); });
  await_state(add(), JobState::kCompleted);
}

TEST_F(JobRunnerTest, AJobWhoseWorkAnotherOneDoesComesAfterIt) {
  std::latch second_has_come(1);
  std::atomic<int> at_work = 0;
  std::atomic<int> most_at_work = 0;
  std::atomic<int> runs = 0;
  start([&](const Job&, pipeline::Checkpoints& checkpoints, Progress&, std::stop_token) -> JobOutcome {
    const int run = ++runs;
    if (run == 2) second_has_come.count_down();
    checkpoints.claim_work("the same");
    most_at_work = std::max<int>(most_at_work, ++at_work);
    if (run == 1) second_has_come.wait();
    --at_work;
    return {};
  });
  const std::string first = add();
  await_state(first, JobState::kProcessing);
  const std::string second = add();
  await_state(first, JobState::kCompleted);
  EXPECT_EQ(await_state(second, JobState::kCompleted).attempt, 1) << "the wait is no attempt";
  EXPECT_EQ(most_at_work, 1);
}

}  // namespace
}  // namespace voxlate::jobs
