#include "health/alerts.h"

#include <gtest/gtest.h>

namespace voxlate::health {
namespace {

using namespace std::chrono_literals;

class AlertsTest : public testing::Test {
 protected:
  /// One look a second from second `from` to `to`, both included.
  void observe(int from, int to, double memory, double cpu = 10) {
    for (int second = from; second <= to; ++second) {
      ResourceSample sample;
      sample.at = TimePoint(std::chrono::seconds(second));
      sample.memory_total_bytes = 1000;
      sample.memory_used_bytes = static_cast<std::uint64_t>(memory * 10);
      sample.cpu_percent = cpu;
      sample.disk_read_bytes_per_s = disk_bytes_per_s;
      sample.disk_total_bytes = 1;
      sample.disk_free_bytes = disk_free_bytes;
      sample.gpus = gpus;
      alerts_.observe(sample);
    }
  }

  std::vector<std::string> ids() const {
    std::vector<std::string> all;
    for (const Alert& alert : alerts_.active()) all.push_back(alert.id);
    return all;
  }

  double disk_bytes_per_s = 0;
  std::uint64_t disk_free_bytes = std::uint64_t{100} << 30U;
  std::vector<GpuStatus> gpus;
  std::vector<std::string> told_;
  Alerts alerts_{Alerts::Options{},
                 [this](const Alert& alert, bool ended) { told_.push_back((ended ? "-" : "+") + alert.id); }};
};

using Ids = std::vector<std::string>;

TEST_F(AlertsTest, RaisesAfterTenSecondsAbove) {
  observe(0, 9, 90);
  EXPECT_EQ(ids(), Ids{});
  observe(10, 10, 90);
  ASSERT_EQ(ids(), Ids{"memory"});
  const Alert alert = alerts_.active().front();
  EXPECT_EQ(alert.since, TimePoint(0s));
  EXPECT_DOUBLE_EQ(alert.value, 90);
  EXPECT_DOUBLE_EQ(alert.limit, 85);
  EXPECT_EQ(alert.message, "Memory use is 90 %, above 85 %.");
  EXPECT_EQ(told_, Ids{"+memory"});
  EXPECT_EQ(alerts_.raised(), 1U);
}

TEST_F(AlertsTest, APeakIsNoAlert) {
  observe(0, 8, 90);
  observe(9, 9, 50);
  observe(10, 18, 90);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(AlertsTest, EndsAfterHalfAMinuteBelowAndNotBefore) {
  observe(0, 10, 90);
  observe(11, 40, 50);
  EXPECT_EQ(ids(), Ids{"memory"});
  observe(41, 41, 90);  // above again: the time below starts anew
  observe(42, 71, 50);
  EXPECT_EQ(ids(), Ids{"memory"});
  observe(72, 72, 50);
  EXPECT_EQ(ids(), Ids{});
  EXPECT_EQ(told_, (Ids{"+memory", "-memory"}));
}

TEST_F(AlertsTest, ExactlyTheLimitIsAllowed) {
  observe(0, 60, 85, 90);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(AlertsTest, ShowsTheLatestValueWhileItLasts) {
  observe(0, 10, 90);
  observe(11, 11, 97);
  EXPECT_DOUBLE_EQ(alerts_.active().front().value, 97);
  EXPECT_EQ(alerts_.active().front().since, TimePoint(0s));
}

TEST_F(AlertsTest, EveryFigureHasItsOwn) {
  disk_bytes_per_s = 250e6;
  disk_free_bytes = 1 << 20;
  gpus = {{.index = 0, .memory_total_bytes = 100, .memory_used_bytes = 50},
          {.index = 1, .memory_total_bytes = 100, .memory_used_bytes = 99}};
  observe(0, 59, 10, 95);
  EXPECT_EQ(ids(), (Ids{"cpu", "disk_space", "gpu1_memory"}));
  observe(60, 60, 10, 95);  // disks may be busy for a minute
  EXPECT_EQ(ids(), (Ids{"cpu", "disk_io", "disk_space", "gpu1_memory"}));
}

TEST_F(AlertsTest, AStageAboveItsLimitIsOneAtOnce) {
  alerts_.note_stage("translate", 30s, 0ms, TimePoint(0s));
  alerts_.note_stage("transcribe", 230s, 100s, TimePoint(0s));  // 30 s, and 2 for each second of media
  EXPECT_EQ(ids(), Ids{});
  alerts_.note_stage("transcribe", 231s, 100s, TimePoint(5s));
  ASSERT_EQ(ids(), Ids{"stage:transcribe"});
  EXPECT_EQ(alerts_.active().front().kind, "stage");
  EXPECT_DOUBLE_EQ(alerts_.active().front().limit, 230);
  observe(6, 34, 10);
  EXPECT_EQ(ids(), Ids{"stage:transcribe"});
  observe(35, 35, 10);
  EXPECT_EQ(ids(), Ids{});
}

TEST_F(AlertsTest, StagesThatWaitForClientsHaveNoLimit) {
  alerts_.note_stage("receive", 3600s, 0ms, TimePoint(0s));
  alerts_.note_stage("read", 3600s, 1ms, TimePoint(0s));
  EXPECT_EQ(ids(), Ids{});
}

TEST(Alerts, CanBeSwitchedOff) {
  Alerts::Options options;
  options.enabled = false;
  Alerts alerts(options);
  alerts.note_stage("transcribe", 3600s, 1ms, TimePoint(0s));
  for (int second = 0; second < 20; ++second) {
    ResourceSample sample;
    sample.at = TimePoint(std::chrono::seconds(second));
    sample.cpu_percent = 100;
    alerts.observe(sample);
  }
  EXPECT_TRUE(alerts.active().empty());
}

}  // namespace
}  // namespace voxlate::health
