#include "health/worker_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "health/adaptive_slots.h"

namespace voxlate::health {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

WorkerFacts machine(int cores, double free_gib) {
  return {.cores = cores, .free_bytes = static_cast<std::uint64_t>(free_gib * static_cast<double>(kGiB))};
}

TEST(WorkerPlan, IsThatOfTheOldSystemOnItsMachine) {
  const WorkerFacts facts = machine(14, 12);
  const WorkerPlan plan = plan_workers(facts, {});
  EXPECT_EQ(plan.workers, 8);
  EXPECT_EQ(worker_line(plan, facts), "Optimal workers calculated: 8 (based on 14 cores, 12GB available)");
}

TEST(WorkerPlan, FollowsCoresAndMemory) {
  struct Row {
    int cores;
    double free_gib;
    int workers;
  };
  for (const Row& row : {Row{1, 64, 2}, Row{2, 24, 2}, Row{4, 24, 4}, Row{16, 64, 16}, Row{64, 256, 16}, Row{16, 3, 2},
                         Row{16, 4, 2}, Row{16, 6, 4}, Row{16, 15.9, 10}, Row{0, 8, 5}}) {
    EXPECT_EQ(plan_workers(machine(row.cores, row.free_gib), {}).workers, row.workers)
        << row.cores << " cores, " << row.free_gib << " GiB";
  }
}

TEST(WorkerPlan, IsTheUsualNumberWhereNothingIsKnown) {
  const WorkerPlan plan = plan_workers({}, {});
  EXPECT_EQ(plan.workers, 6);
  EXPECT_EQ(plan.reasons.size(), 1U);
}

// More of anything never means fewer workers.
TEST(WorkerPlan, GrowsWithCoresAndWithMemory) {
  for (int cores = 1; cores <= 40; ++cores) {
    int before = 0;
    for (double gib = 0.5; gib < 40; gib += 0.25) {
      const int workers = plan_workers(machine(cores, gib), {}).workers;
      EXPECT_GE(workers, before) << cores << " " << gib;
      EXPECT_LE(workers, plan_workers(machine(cores + 1, gib), {}).workers) << cores << " " << gib;
      before = workers;
    }
  }
}

TEST(WorkerPlan, AKnownCostAndASmallFileAndTheLimitsCount) {
  WorkerFacts facts = machine(16, 32);
  facts.model_bytes = 5 * kGiB;
  EXPECT_EQ(plan_workers(facts, {}).workers, 5);  // 0.8 of 32 GiB
  facts = machine(16, 32);
  facts.file_bytes = 20'000'000;
  EXPECT_EQ(plan_workers(facts, {}).workers, 3);
  EXPECT_EQ(plan_workers(machine(16, 32), {.least = 1, .usual = 2, .most = 4}).workers, 4);
  EXPECT_EQ(plan_workers(machine(16, 1), {.least = 1, .usual = 2, .most = 4}).workers, 1);
}

/// `count` jobs for each number of workers, of which `best` is the fastest.
std::vector<JobRecord> jobs_with_best(double best, int count, double noise, double bend = 0.3) {
  std::vector<JobRecord> jobs;
  int i = 0;
  for (int workers = 2; workers <= 8; ++workers) {
    for (int job = 0; job < count; ++job, ++i) {
      const double speed = 10 - bend * std::pow(workers - best, 2) + noise * ((i * 37) % 11 - 5);
      jobs.push_back(
          {.media = 100s, .wall = std::chrono::milliseconds(static_cast<int>(100'000 / speed)), .workers = workers});
    }
  }
  return jobs;
}

TEST(WorkerTrend, FindsTheFastestNumberInNoise) {
  for (const int best : {3, 4, 6}) {
    const auto trend = worker_trend(jobs_with_best(best, 10, 0.1));
    ASSERT_TRUE(trend);
    EXPECT_EQ(trend->best_workers, best);
    EXPECT_EQ(trend->jobs, 70);
    EXPECT_GT(trend->explained, 0.8);
  }
}

TEST(WorkerTrend, StaysWithinWhatWasTried) {
  EXPECT_EQ(worker_trend(jobs_with_best(12, 10, 0, 0.05))->best_workers, 8);
  EXPECT_EQ(worker_trend(jobs_with_best(-2, 10, 0, 0.05))->best_workers, 2);
}

TEST(WorkerTrend, KnowsNothingFromLittleOrFromNoise) {
  EXPECT_FALSE(worker_trend({}));
  EXPECT_FALSE(worker_trend(jobs_with_best(4, 2, 0)));  // 14 jobs
  EXPECT_FALSE(worker_trend(jobs_with_best(5, 10, 8))) << "the number of workers explains nothing";
  std::vector<JobRecord> same(100, {.media = 100s, .wall = 10s, .workers = 6});
  EXPECT_FALSE(worker_trend(same));
}

TEST(WorkerPlan, TakesTheTrendIn) {
  WorkerFacts facts = machine(16, 64);
  facts.trend = worker_trend(jobs_with_best(4, 10, 0.1));
  EXPECT_EQ(plan_workers(facts, {}).workers, 4);
}

class AdaptiveSlotsTest : public testing::Test {
 protected:
  std::chrono::steady_clock::time_point now_{};
  AdaptiveSlots slots_{2, [this] { return now_; }};
};

TEST_F(AdaptiveSlotsTest, CountsAndMeasures) {
  EXPECT_TRUE(slots_.take({}));
  now_ += 10s;
  EXPECT_TRUE(slots_.take({}));
  now_ += 10s;
  slots_.give_back();
  slots_.give_back();
  now_ += 100s;  // nothing to do: that is nobody's fault
  const AdaptiveSlots::Figures figures = slots_.figures();
  EXPECT_EQ(figures.active, 0);
  EXPECT_EQ(figures.completed, 2U);
  EXPECT_DOUBLE_EQ(figures.efficiency, 0.75);
}

TEST_F(AdaptiveSlotsTest, WhoWaitsGetsThePlaceThatIsGivenBackOrAdded) {
  EXPECT_TRUE(slots_.take({}));
  EXPECT_TRUE(slots_.take({}));
  std::jthread third([&] { EXPECT_TRUE(slots_.take({})); });
  while (slots_.figures().waiting == 0) std::this_thread::yield();
  slots_.give_back();
  third.join();
  std::jthread fourth([&] { EXPECT_TRUE(slots_.take({})); });
  while (slots_.figures().waiting == 0) std::this_thread::yield();
  slots_.set_limit(3);
  fourth.join();
  EXPECT_EQ(slots_.figures().active, 3);
}

TEST_F(AdaptiveSlotsTest, AStopEndsTheWaitAndLetsTheNextOneIn) {
  EXPECT_TRUE(slots_.take({}));
  EXPECT_TRUE(slots_.take({}));
  std::stop_source stop;
  std::jthread third([&] { EXPECT_FALSE(slots_.take(stop.get_token())); });
  while (slots_.figures().waiting == 0) std::this_thread::yield();
  std::jthread fourth([&] { EXPECT_TRUE(slots_.take({})); });
  while (slots_.figures().waiting == 1) std::this_thread::yield();
  stop.request_stop();
  third.join();
  slots_.give_back();
  fourth.join();
  EXPECT_EQ(slots_.figures().active, 2);
}

TEST_F(AdaptiveSlotsTest, WhatSomebodyWaitsForTakesAPlaceBeyondTheLimit) {
  slots_.set_limit(1);
  {
    const WorkerPlace first(&slots_, WorkerPlace::Wait::kInTurn, {});
    const WorkerPlace urgent(&slots_, WorkerPlace::Wait::kNot, {});
    EXPECT_EQ(slots_.figures().active, 2);
  }
  EXPECT_EQ(slots_.figures().active, 0);
}

// Never more than the limit at once, however it changes to the smaller.
TEST(AdaptiveSlots, KeepTheLimitUnderManyThreads) {
  AdaptiveSlots slots(3);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int run = 0; run < 200; ++run) {
          const WorkerPlace place(&slots, WorkerPlace::Wait::kInTurn, {});
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          --inside;
        }
      });
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_EQ(slots.figures().completed, 1600U);
}

}  // namespace
}  // namespace voxlate::health
