#include "health/advisor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace voxlate::health {
namespace {

using namespace std::chrono_literals;

/// A machine with nothing to complain about.
AdvisorFacts calm() {
  AdvisorFacts facts;
  facts.sample.memory_total_bytes = 16'000'000'000;
  facts.sample.memory_used_bytes = 4'000'000'000;
  facts.sample.cpu_count = 8;
  facts.recent_memory_percent = 25;
  facts.recent_cpu_percent = 30;
  facts.workers.limit = 8;
  facts.plan.workers = 8;
  return facts;
}

std::vector<std::string> ids_of(const AdvisorFacts& facts) {
  std::vector<std::string> ids;
  for (const Recommendation& one : advise(facts)) ids.push_back(one.id);
  return ids;
}

StageFigures stage(const std::string& name, std::uint64_t count, std::chrono::nanoseconds total) {
  return {.stage = name, .count = count, .total = total};
}

using Ids = std::vector<std::string>;

TEST(Advisor, HasNothingToSayToACalmMachine) { EXPECT_EQ(ids_of(calm()), Ids{}); }

TEST(Advisor, FreesMemoryThatIsShortOrIdle) {
  AdvisorFacts facts = calm();
  facts.idle_model_bytes = 500'000'000;
  const auto idle = advise(facts);
  ASSERT_EQ(idle.size(), 1U);
  EXPECT_EQ(idle[0].id, kFreeMemoryAdvice);
  EXPECT_EQ(idle[0].severity, Severity::kInfo);
  EXPECT_TRUE(idle[0].can_apply);
  EXPECT_EQ(idle[0].evidence[1], (std::pair<std::string, double>{"idle_model_mb", 500}));
  facts.sample.memory_used_bytes = 14'400'000'000;
  facts.max_loaded_models = 3;
  EXPECT_EQ(advise(facts)[0].severity, Severity::kWarning);
  EXPECT_EQ(ids_of(facts), (Ids{"free-memory", "fewer-models"}));
}

TEST(Advisor, MoreJobsWhereTheyWaitForNothing) {
  AdvisorFacts facts = calm();
  facts.sample.jobs_queued = 5;
  facts.sample.jobs_running = 3;
  const auto advice = advise(facts);
  ASSERT_EQ(advice.size(), 1U);
  EXPECT_EQ(advice[0].setting, (SuggestedSetting{"jobs.max_concurrent", "3", "4"}));
  EXPECT_FALSE(advice[0].can_apply);
  facts.recent_cpu_percent = 80;
  EXPECT_EQ(ids_of(facts), Ids{});
  facts.recent_cpu_percent = 30;
  facts.sample.jobs_running = 2;  // the queue waits for something else
  EXPECT_EQ(ids_of(facts), Ids{});
}

TEST(Advisor, FollowsTheWorkerPlan) {
  AdvisorFacts facts = calm();
  facts.worker_count = 3;
  facts.workers.limit = 3;
  const auto advice = advise(facts);
  ASSERT_EQ(advice.size(), 1U);
  EXPECT_EQ(advice[0].id, kWorkerPlanAdvice);
  EXPECT_EQ(advice[0].title, "Run 8 stage tasks at once");
  EXPECT_EQ(advice[0].setting, (SuggestedSetting{"workers.count", "3", "auto"}));
  EXPECT_TRUE(advice[0].can_apply);
}

TEST(Advisor, SeesEachSettingThatCostsSpeed) {
  struct Row {
    std::string id;
    void (*change)(AdvisorFacts&);
  };
  const std::vector<Row> rows = {
      {"enable-watchdog", [](AdvisorFacts& facts) { facts.watchdog = false; }},
      {"estimate-jobs", [](AdvisorFacts& facts) { facts.estimates_jobs = false; }},
      {"compute-threads", [](AdvisorFacts& facts) { facts.compute_threads = 32; }},
      {"use-gpu", [](AdvisorFacts& facts) { facts.has_cuda = true; }},
      {"production-profile", [](AdvisorFacts& facts) { facts.production = false; }},
      {"translation-cache", [](AdvisorFacts& facts) { facts.translation_cache_mb = 0; }},
      {"fewer-jobs",
       [](AdvisorFacts& facts) {
         facts.recent_cpu_percent = 99;
         facts.max_concurrent_jobs = 20;
       }},
      {"idle-models",
       [](AdvisorFacts& facts) {
         facts.models_idle_s = 0;
         facts.recent_memory_percent = 75;
       }},
      {"smaller-model",
       [](AdvisorFacts& facts) {
         facts.memory_releases = 20;
         facts.recent_memory_percent = 80;
         facts.sample.process_rss_bytes = 3'000'000'000;
         facts.model_bytes = 2'000'000'000;
       }},
      {"slow-media",
       [](AdvisorFacts& facts) {
         facts.stages = {stage("transcribe", 5, 100s), stage("read", 5, 60s)};
       }},
      {"more-models",
       [](AdvisorFacts& facts) {
         facts.stages = {stage("load_model", 10, 20s), stage("job", 9, 90s)};
       }},
      {"raise-worker-limit",
       [](AdvisorFacts& facts) {
         facts.sample.cpu_count = 64;
         facts.workers.waiting = 4;
       }},
      {"idle-workers",
       [](AdvisorFacts& facts) {
         facts.workers.completed = 100;
         facts.workers.efficiency = 0.1;
         facts.sample.jobs_queued = 1;
       }},
      {"stalled", [](AdvisorFacts& facts) { facts.sample.memory_stall_percent = 40; }},
  };
  for (const Row& row : rows) {
    AdvisorFacts facts = calm();
    row.change(facts);
    EXPECT_EQ(ids_of(facts), Ids{row.id});
    for (const Recommendation& one : advise(facts)) {
      EXPECT_FALSE(one.title.empty() || one.reason.empty()) << row.id;
      EXPECT_TRUE(!one.evidence.empty() || one.setting) << row.id << ": advice without evidence";
      if (one.setting) {
        EXPECT_NE(one.setting->current, one.setting->suggested) << row.id;
      }
    }
  }
}

// What is asked for at every look at the page.
TEST(Advisor, TakesLessThanTenMilliseconds) {
  AdvisorFacts facts = calm();
  facts.watchdog = facts.estimates_jobs = facts.production = false;
  facts.idle_model_bytes = 1'000'000'000;
  facts.stages.assign(64, stage("stage", 100, 100s));
  facts.stages.push_back(stage("transcribe", 5, 100s));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(advise(facts).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 100ms);
}

}  // namespace
}  // namespace voxlate::health
