#include "health/stage_times.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "health/job_times.h"

namespace voxlate::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

nanoseconds exact_percentile(std::vector<nanoseconds> all, double percent) {
  std::ranges::sort(all);
  const auto rank = static_cast<std::size_t>(std::ceil(static_cast<double>(all.size()) * percent / 100));
  return all.at(std::max<std::size_t>(rank, 1) - 1);
}

// Durations of microseconds to an hour, and what they would be with all of them kept.
TEST(DurationHistogram, PercentilesAreWithinThreePercentOfTheExactOnes) {
  std::minstd_rand random(7);
  for (const double spread : {0.01, 1.0, 4.0}) {
    std::lognormal_distribution<double> durations(/*m=*/std::log(2e8), spread);
    DurationHistogram histogram;
    std::vector<nanoseconds> all;
    for (int i = 0; i < 20'000; ++i) {
      all.emplace_back(static_cast<std::int64_t>(std::clamp(durations(random), 2e3, 3.6e12)));
      histogram.add(all.back());
    }
    for (const double percent : {1.0, 50.0, 95.0, 99.0, 100.0}) {
      const auto exact = static_cast<double>(exact_percentile(all, percent).count());
      EXPECT_NEAR(static_cast<double>(histogram.percentile(percent).count()), exact, 0.03 * exact)
          << spread << " " << percent;
    }
  }
}

TEST(DurationHistogram, TakesWhatIsOffItsScale) {
  DurationHistogram histogram;
  EXPECT_EQ(histogram.percentile(50).count(), 0);
  histogram.add(nanoseconds(-5));
  histogram.add(nanoseconds(0));
  histogram.add(nanoseconds::max());
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_LT(histogram.percentile(50), std::chrono::microseconds(2));
  EXPECT_GT(histogram.percentile(100), std::chrono::hours(70));
}

TEST(StageTimes, SumsUpWhatWasRecorded) {
  StageTimes times;
  times.record("write", milliseconds(2), milliseconds(0));
  times.record("transcribe", milliseconds(400), milliseconds(2000));
  times.record("transcribe", milliseconds(100), milliseconds(500));
  times.record("transcribe", milliseconds(300), milliseconds(0));
  const std::vector<StageFigures> figures = times.figures();
  ASSERT_EQ(figures.size(), 2U);
  const StageFigures& transcribe = figures[0];
  EXPECT_EQ(transcribe.stage, "transcribe");
  EXPECT_EQ(transcribe.count, 3U);
  EXPECT_EQ(transcribe.total, milliseconds(800));
  EXPECT_EQ(transcribe.last, milliseconds(300));
  EXPECT_EQ(transcribe.longest, milliseconds(400));
  EXPECT_NEAR(static_cast<double>(transcribe.p50.count()), 300e6, 9e6);
  EXPECT_LE(transcribe.p99, transcribe.longest);
  EXPECT_EQ(transcribe.media, milliseconds(2500));
  EXPECT_DOUBLE_EQ(real_time_factor(transcribe), 0.2);  // the run without media is no part of it
  EXPECT_EQ(transcribe.within[2], 0U);                  // 25 ms
  EXPECT_EQ(transcribe.within[3], 1U);                  // 100 ms: bounds are inclusive
  EXPECT_EQ(transcribe.within[4], 3U);                  // 500 ms
  EXPECT_EQ(transcribe.within.back(), 3U);
  EXPECT_EQ(figures[1].stage, "write");
  EXPECT_EQ(real_time_factor(figures[1]), 0);
}

TEST(StageTimes, ForgetsEverythingOnReset) {
  StageTimes times;
  times.record("write", milliseconds(2), {});
  times.reset();
  EXPECT_TRUE(times.figures().empty());
}

TEST(StageTimes, KnowsAtMostSoManyStages) {
  StageTimes times;
  for (int i = 0; i < 200; ++i) times.record("stage" + std::to_string(i), milliseconds(1), {});
  const std::vector<StageFigures> figures = times.figures();
  EXPECT_EQ(figures.size(), StageTimes::kMaxStages);
  EXPECT_EQ(figures.front().stage, "other");
  EXPECT_EQ(figures.front().count, 200U - (StageTimes::kMaxStages - 1));
}

TEST(StageTimes, CountsEveryRunOfManyThreads) {
  StageTimes times;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int run = 0; run < 5'000; ++run) times.record("transcribe", milliseconds(1), milliseconds(1));
      });
    }
    for (int look = 0; look < 50; ++look) (void)times.figures();
  }
  EXPECT_EQ(times.figures().at(0).count, 20'000U);
}

// Generous, since the machine may be busy: what it really takes is reported by the property.
TEST(StageTimes, RecordsWithinMicroseconds) {
  StageTimes times;
  for (const char* stage : {"job", "layout", "probe", "read", "receive", "transcribe", "translate", "write"}) {
    times.record(stage, milliseconds(1), {});
  }
  constexpr int kRuns = 200'000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kRuns; ++i) times.record("transcribe", nanoseconds(1'000'000 + i), milliseconds(3));
  const auto each = (std::chrono::steady_clock::now() - begin) / kRuns;
  RecordProperty("nanoseconds", static_cast<int>(each.count()));
  EXPECT_LT(each, std::chrono::microseconds(5));
}

TEST(JobTimes, SumsTheStagesOfOneJobAndPassesThemOn) {
  StageTimes all;
  JobTimes job("7", all);
  job.record("translate", milliseconds(100), milliseconds(1000));
  job.record("translate", milliseconds(50), milliseconds(1000));
  job.record("write", milliseconds(3), milliseconds(0));
  const auto walls = job.walls();
  EXPECT_EQ(walls.at("translate"), milliseconds(150));
  EXPECT_EQ(walls.at("write"), milliseconds(3));
  EXPECT_EQ(all.figures().at(0).count, 2U);
}

}  // namespace
}  // namespace voxlate::health
