#include "health/admission.h"

#include <gtest/gtest.h>

namespace voxlate::health {
namespace {

using std::chrono::seconds;
using Answer = Admission::Answer;

constexpr std::uint64_t kMb = 1 << 20;

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    sample_.memory_total_bytes = 1000 * kMb;
    sample_.memory_used_bytes = 300 * kMb;
  }

  Answer ask(const std::string& job, std::uint64_t mb) { return admission_.ask(job, mb * kMb, now_); }

  TimePoint now_{seconds(1000)};
  ResourceSample sample_;
  bool admits_ = true;
  Admission admission_{{}, [this] { return sample_; }, [this] { return admits_; }};
};

TEST_F(AdmissionTest, StartsWhatFits) {
  EXPECT_EQ(ask("a", 400), Answer::kStart);
  EXPECT_FALSE(admission_.waiting());
}

TEST_F(AdmissionTest, WhatWasPromisedCountsAsUsedUntilItShows) {
  ASSERT_EQ(ask("a", 300), Answer::kStart);
  EXPECT_EQ(ask("b", 300), Answer::kWaitForMemory) << "0.8 of 850 - 300 - 300 are free";
  const auto waiting = admission_.waiting();
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->job_id, "b");
  EXPECT_EQ(waiting->free_bytes, 200 * kMb);
  now_ += seconds(31);
  sample_.memory_used_bytes = 350 * kMb;
  EXPECT_EQ(ask("b", 300), Answer::kStart) << "the first took 50 only";
  EXPECT_FALSE(admission_.waiting());
}

TEST_F(AdmissionTest, WhatAJobThatEndedWasPromisedIsFreeAgain) {
  ASSERT_EQ(ask("a", 300), Answer::kStart);
  ASSERT_EQ(ask("b", 300), Answer::kWaitForMemory);
  using Running = std::vector<std::pair<std::string, std::uint64_t>>;
  EXPECT_EQ(admission_.running(), (Running{{"a", 300 * kMb}}));
  admission_.ended("a");
  EXPECT_EQ(ask("b", 300), Answer::kStart);
  EXPECT_EQ(admission_.running(), (Running{{"b", 300 * kMb}}));
}

TEST_F(AdmissionTest, AJobAloneGetsWhatThereIs) {
  EXPECT_EQ(ask("a", 620), Answer::kStart) << "92 % of 1000 less 300";
  admission_.ended("a");
  EXPECT_EQ(ask("a", 621), Answer::kWaitForMemory);
  EXPECT_EQ(admission_.most_bytes(), 920 * kMb);
}

TEST_F(AdmissionTest, NothingStartsWhileTheWatchdogSaysSo) {
  admits_ = false;
  EXPECT_EQ(ask("a", 0), Answer::kWaitForMemory);
  admits_ = true;
  EXPECT_EQ(ask("a", 0), Answer::kStart);
}

TEST_F(AdmissionTest, BesideAnotherJobItWaitsForOtherProgramsButNotForEver) {
  sample_.cpu_percent = 95;
  sample_.process_cpu_percent = 5;
  EXPECT_EQ(ask("a", 10), Answer::kStart) << "the first shares the processor with them";
  EXPECT_EQ(ask("b", 10), Answer::kWaitForProcessor);
  now_ += seconds(9);
  EXPECT_EQ(ask("b", 10), Answer::kWaitForProcessor);
  now_ += seconds(1);
  EXPECT_EQ(ask("b", 10), Answer::kStart);
}

TEST_F(AdmissionTest, OwnWorkIsNoReasonToWait) {
  sample_.cpu_percent = 100;
  sample_.process_cpu_percent = 90;
  EXPECT_EQ(ask("a", 10), Answer::kStart);
  EXPECT_EQ(ask("b", 10), Answer::kStart);
}

}  // namespace
}  // namespace voxlate::health
