#include "app/performance_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "store/sqlite_metrics_store.h"

namespace voxlate::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class MovableClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
};

class PerformanceWatchTest : public ::testing::Test {
 protected:
  PerformanceWatchTest() {
    sample_.memory_total_bytes = 16'000'000'000;
    sample_.memory_used_bytes = 2'000'000'000;
    sample_.cpu_count = 4;
  }

  PerformanceWatch make() {
    return PerformanceWatch(config_, {.clock = clock_,
                                      .metrics = metrics_,
                                      .latest = [this] { return sample_; },
                                      .memory_watch = [this] { return watch_; },
                                      .release = [this](ReleaseMode mode) { return release(mode); },
                                      .holders = [] { return std::vector<MemoryHolder>(); },
                                      .models = [this] { return models_; },
                                      .jobs = [] { return std::vector<JobMemory>(); }});
  }

  MemoryRelease release(ReleaseMode mode) {
    MemoryRelease done;
    done.at = clock_.now();
    done.mode = mode;
    done.cause = "requested";
    done.freed_bytes = 150'000'000;
    ++watch_.releases;
    watch_.latest.insert(watch_.latest.begin(), done);
    models_.clear();
    return done;
  }

  /// A second of the monitor.
  void second(PerformanceWatch& watch) {
    clock_.time += 1s;
    sample_.at = clock_.time;
    watch.observe(sample_);
  }

  std::vector<MetricsMark> marks() const { return metrics_.marks(clock_.time - 24h, clock_.time + 1s, 100); }

  Config config_;
  MovableClock clock_;
  ResourceSample sample_;
  MemoryWatch watch_;
  std::vector<ModelInMemory> models_;
  const TemporaryFolder folder_;
  store::Storage storage_{{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0}};
  store::SqliteMetricsStore metrics_{storage_, {}};
};

TEST_F(PerformanceWatchTest, WorkersFollowTheMachine) {
  PerformanceWatch watch = make();
  EXPECT_EQ(watch.workers().limit, 6) << "before anything is known";
  watch.coordinate();
  EXPECT_EQ(watch.workers().limit, 4);
  sample_.memory_used_bytes = 14'000'000'000;
  watch.coordinate();
  EXPECT_EQ(watch.workers().limit, 2);
  EXPECT_THAT(watch.workers().reasons.back(), HasSubstr("memory"));
  EXPECT_EQ(watch.media_slots().figures().limit, 2);
}

TEST_F(PerformanceWatchTest, AConfiguredNumberStands) {
  config_.workers = 11;
  PerformanceWatch watch = make();
  watch.coordinate();
  EXPECT_EQ(watch.workers().limit, 11);
  EXPECT_EQ(watch.workers().reasons, std::vector<std::string>{"As configured."});
}

TEST_F(PerformanceWatchTest, TunesItselfOnceAnHourAndOnlyWhenAllowedTo) {
  const ModelInMemory idle{.id = "base", .engine = "whisper", .device = "cpu", .size_bytes = 500'000'000};
  for (const bool allowed : {false, true}) {
    config_.self_tuning = allowed;
    watch_ = {};
    models_ = {idle};
    PerformanceWatch watch = make();
    watch.coordinate();
    clock_.time += 59min;
    watch.coordinate();
    EXPECT_EQ(watch_.releases, 0U);
    clock_.time += 1min;
    watch.coordinate();
    EXPECT_EQ(watch_.releases, allowed ? 1U : 0U);
    models_ = {idle};
    clock_.time += 59min;
    watch.coordinate();
    EXPECT_EQ(watch_.releases, allowed ? 1U : 0U);
  }
}

TEST_F(PerformanceWatchTest, CleanUpsAndAlertsAreMarked) {
  PerformanceWatch watch = make();
  second(watch);
  const OptimizeResult result = watch.optimize({.force_memory_cleanup = true, .aggressive = true, .apply = {"x"}});
  EXPECT_EQ(result.freed_bytes, 150'000'000U);
  EXPECT_EQ(result.release->mode, ReleaseMode::kAggressive);
  EXPECT_EQ(result.refused.front().first, "x");
  sample_.cpu_percent = 99;
  for (int i = 0; i < 12; ++i) second(watch);
  std::vector<std::string> kinds;
  for (const MetricsMark& mark : marks()) kinds.push_back(mark.kind);
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("optimization", "release", "alert"));
  EXPECT_EQ(watch.alerts().size(), 1U);
}

TEST_F(PerformanceWatchTest, AJobLeavesItsTimesAndNothingElse) {
  PerformanceWatch watch = make();
  Job job;
  job.id = "secret";
  job.owner = "somebody";
  job.spec.source_name = "private.mp4";
  job.spec.engine = "whisper";
  job.media.size_bytes = 1000;
  job.media.duration = 60s;
  health::JobTimes times(job.id, watch.timings());
  times.record("transcribe", 10s, 60s);
  times.record("layout", 5ms, 60s);
  times.record("write", 7ms, 60s);
  times.record("job", 11s, 60s);
  watch.note_job(job, times, /*targets=*/2);
  const std::vector<JobRecord> jobs = metrics_.jobs(10);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].transcribe, 10s);
  EXPECT_EQ(jobs[0].write, 12ms);
  EXPECT_EQ(jobs[0].wall, 11s);
  EXPECT_EQ(jobs[0].workers, 6);
  EXPECT_EQ(jobs[0].targets, 2);
}

TEST_F(PerformanceWatchTest, SwitchedOffItKeepsNothing) {
  config_.monitoring = false;
  PerformanceWatch watch = make();
  sample_.cpu_percent = 99;
  for (int i = 0; i < 30; ++i) second(watch);
  watch.coordinate();
  EXPECT_TRUE(watch.alerts().empty());
  EXPECT_TRUE(watch.history(24h).points.empty());
  EXPECT_TRUE(marks().empty());
}

TEST_F(PerformanceWatchTest, ShowsNoAddressesAmongTheSettings) {
  config_.libretranslate_url = "http://user:password@example.org";
  config_.libretranslate_key = config_.chat_key = "password";
  PerformanceWatch watch = make();
  const std::vector<SettingInUse> settings = watch.settings();
  EXPECT_GT(settings.size(), 30U);
  for (const SettingInUse& setting : settings) {
    EXPECT_EQ(setting.value.find("password"), std::string::npos) << setting.key;
    EXPECT_FALSE(setting.group.empty()) << setting.key;
  }
}

TEST_F(PerformanceWatchTest, RefusesLimitsThatContradictEachOther) {
  config_.workers_min = 7;
  EXPECT_THROW(make(), std::exception);
}

}  // namespace
}  // namespace voxlate::app
