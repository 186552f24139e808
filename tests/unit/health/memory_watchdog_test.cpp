#include "health/memory_watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voxlate::health {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kMb = 1 << 20;

/// A machine of 1000 MB in which holders keep memory until they are asked for it.
class Machine {
 public:
  /// What `name` keeps: `idle_mb` goes at once, `spare_mb` only to an aggressive release.
  MemoryHolder holder(std::string name, int idle_mb, int spare_mb = 0) {
    auto& mine = holders_.emplace_back(idle_mb, spare_mb);
    return {.name = name,
            .bytes = [&mine] { return (mine.first + mine.second) * kMb; },
            .release =
                [this, &mine, name](ReleaseMode mode) {
                  asked_.push_back(name);
                  int freed = std::exchange(mine.first, 0);
                  if (mode == ReleaseMode::kAggressive) freed += std::exchange(mine.second, 0);
                  used_mb_ -= freed;
                  return freed * kMb;
                }};
  }

  ResourceSample look() const {
    return {.at = now_,
            .memory_total_bytes = 1000 * kMb,
            .memory_used_bytes = static_cast<std::uint64_t>(used_mb_) * kMb,
            .memory_source = "test",
            .process_rss_bytes = static_cast<std::uint64_t>(used_mb_) * kMb};
  }

  /// `seconds` later, `used_mb` are in use.
  ResourceSample after(seconds time, int used_mb) {
    now_ += time;
    used_mb_ = used_mb;
    return look();
  }

  MemoryWatchdog::Parts parts(std::vector<MemoryHolder> holders) {
    return {.holders = std::move(holders),
            .heap = {.name = "heap",
                     .bytes = [] { return 0; },
                     .release =
                         [this](ReleaseMode) {
                           ++trims_;
                           return std::uint64_t{0};
                         }},
            .look = [this] { return look(); },
            .requeue_newest = [this] { return ++requeues_ <= running_jobs_; }};
  }

  std::deque<std::pair<int, int>> holders_;
  std::vector<std::string> asked_;
  int trims_ = 0;
  int requeues_ = 0;
  int running_jobs_ = 2;

 private:
  TimePoint now_{seconds(1000)};
  int used_mb_ = 500;
};

const MemoryWatchdog::Options kSteady{.adaptive = false};

TEST(MemoryWatchdog, DoesNothingWhileThereIsEnough) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("cache", 100)}));
  watchdog.observe(machine.after(seconds(1), 690));
  EXPECT_THAT(machine.asked_, IsEmpty());
  EXPECT_EQ(watchdog.status().level, MemoryLevel::kNormal);
  EXPECT_TRUE(watchdog.admits_jobs());
}

TEST(MemoryWatchdog, GivesBackWhatCostsNothingFromSeventyPercent) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("cache", 10, 100)}));
  watchdog.observe(machine.after(seconds(1), 780));
  EXPECT_THAT(machine.asked_, ElementsAre("cache"));
  const MemoryWatch watch = watchdog.status();
  EXPECT_EQ(watch.level, MemoryLevel::kElevated);
  ASSERT_EQ(watch.latest.size(), 1U);
  EXPECT_EQ(watch.latest[0].mode, ReleaseMode::kNormal);
  EXPECT_EQ(watch.latest[0].freed_bytes, 10 * kMb);
  EXPECT_TRUE(watch.admits_jobs);
  watchdog.observe(machine.after(seconds(30), 780));
  EXPECT_EQ(machine.asked_.size(), 1U) << "once a minute is enough";
  watchdog.observe(machine.after(seconds(31), 780));
  EXPECT_EQ(machine.asked_.size(), 2U);
  EXPECT_EQ(watchdog.status().latest.size(), 1U) << "nothing was given back: nothing to remember";
}

TEST(MemoryWatchdog, ReleasesTheCheapestFirstAndStopsBelowTheTarget) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("results", 50), machine.holder("translations", 100),
                                                  machine.holder("models", 300)}));
  watchdog.observe(machine.after(seconds(1), 880));
  EXPECT_THAT(machine.asked_, ElementsAre("results", "translations"));
  EXPECT_EQ(machine.trims_, 2) << "what was given back goes to the system before anybody looks";
  const MemoryWatch watch = watchdog.status();
  ASSERT_EQ(watch.latest.size(), 1U);
  EXPECT_THAT(watch.latest[0].freed, ElementsAre(FreedMemory{.name = "results", .bytes = 50 * kMb},
                                                 FreedMemory{.name = "translations", .bytes = 100 * kMb}));
  EXPECT_DOUBLE_EQ(watch.latest[0].percent_before, 88);
  EXPECT_DOUBLE_EQ(watch.latest[0].percent_after, 73);
  EXPECT_EQ(watch.latest[0].cause, "high");
  EXPECT_TRUE(watch.admits_jobs);
}

TEST(MemoryWatchdog, BecomesAggressiveWhenThatWasNotEnough) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("results", 10), machine.holder("models", 0, 200)}));
  watchdog.observe(machine.after(seconds(1), 880));
  EXPECT_THAT(machine.asked_, ElementsAre("results", "models", "results", "models"));
  EXPECT_DOUBLE_EQ(watchdog.status().percent, 67);
  EXPECT_EQ(watchdog.status().latest.front().mode, ReleaseMode::kAggressive);
}

TEST(MemoryWatchdog, AdmitsNoJobWhileUseStaysHighAndAgainALittleBelow) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({}));
  watchdog.observe(machine.after(seconds(1), 860));
  EXPECT_FALSE(watchdog.admits_jobs());
  EXPECT_FALSE(watchdog.refuses_jobs());
  EXPECT_EQ(machine.requeues_, 0);
  watchdog.observe(machine.after(seconds(1), 840));
  EXPECT_FALSE(watchdog.admits_jobs()) << "not at once below the threshold";
  watchdog.observe(machine.after(seconds(1), 815));
  EXPECT_TRUE(watchdog.admits_jobs());
}

TEST(MemoryWatchdog, RefusesAndSendsJobsBackOneByOneWhileUseIsCritical) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({}));
  watchdog.observe(machine.after(seconds(1), 930));
  EXPECT_TRUE(watchdog.refuses_jobs());
  EXPECT_EQ(machine.requeues_, 1);
  watchdog.observe(machine.after(seconds(10), 930));
  EXPECT_EQ(machine.requeues_, 1) << "the first needs time to end";
  watchdog.observe(machine.after(seconds(6), 930));
  EXPECT_EQ(machine.requeues_, 2);
  watchdog.observe(machine.after(seconds(16), 930));
  EXPECT_EQ(watchdog.status().jobs_requeued, 2U) << "a third did not run";
  watchdog.observe(machine.after(seconds(16), 880));
  EXPECT_FALSE(watchdog.refuses_jobs());
  EXPECT_FALSE(watchdog.admits_jobs());
}

TEST(MemoryWatchdog, TriesAgainEveryFewSecondsWhileUseStaysHigh) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("cache", 0)}));
  watchdog.observe(machine.after(seconds(1), 880));
  const std::size_t first = machine.asked_.size();
  watchdog.observe(machine.after(seconds(4), 880));
  EXPECT_EQ(machine.asked_.size(), first);
  watchdog.observe(machine.after(seconds(1), 880));
  EXPECT_EQ(machine.asked_.size(), 2 * first);
}

TEST(MemoryWatchdog, BeginsEarlierWhenUseRisesFast) {
  Machine machine;
  MemoryWatchdog watchdog({}, machine.parts({machine.holder("models", 200)}));
  for (int used = 600; used <= 680; used += 20) watchdog.observe(machine.after(seconds(1), used));
  EXPECT_THAT(machine.asked_, IsEmpty()) << "2 % a second: critical is more than ten seconds away";
  watchdog.observe(machine.after(seconds(1), 725));
  const MemoryWatch watch = watchdog.status();
  EXPECT_NEAR(watch.percent_per_s, 2, 0.5);
  ASSERT_FALSE(watch.latest.empty());
  EXPECT_EQ(watch.latest[0].cause, "rising");
}

TEST(MemoryWatchdog, AReleaseOnRequestAsksAll) {
  Machine machine;
  MemoryWatchdog watchdog(kSteady, machine.parts({machine.holder("cache", 20), machine.holder("models", 30, 40)}));
  machine.after(seconds(1), 300);
  const MemoryRelease normal = watchdog.release(ReleaseMode::kNormal, "requested");
  EXPECT_EQ(normal.freed_bytes, 50 * kMb);
  EXPECT_EQ(normal.cause, "requested");
  EXPECT_EQ(watchdog.release(ReleaseMode::kAggressive, "requested").freed_bytes, 40 * kMb);
  EXPECT_EQ(watchdog.status().freed_bytes, 90 * kMb);
  EXPECT_EQ(watchdog.status().releases, 2U);
}

}  // namespace
}  // namespace voxlate::health
