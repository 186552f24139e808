#include "health/metrics_recorder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace voxlate::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kCpu = static_cast<std::size_t>(Metric::kCpuPercent);
constexpr auto kDiskRead = static_cast<std::size_t>(Metric::kDiskReadBytesPerS);

/// Remembers what it is given, and what is asked for.
class FakeMetricsStore final : public MetricsStore {
 public:
  void add(const MetricsPoint& point) override { added.push_back(point); }
  std::vector<MetricsPoint> points(MetricsStep step, TimePoint begin, TimePoint end) const override {
    asked = step;
    const auto length = step == MetricsStep::kRaw ? 10s : step == MetricsStep::kMinute ? 60s : 3600s;
    std::vector<MetricsPoint> all;
    for (TimePoint at = begin; at < end; at += length) {
      MetricsPoint point{.at = at, .samples = 1};
      point.mean[kCpu] = point.peak[kCpu] = 5;
      all.push_back(point);
    }
    return all;
  }
  void mark(const MetricsMark&) override {}
  std::vector<MetricsMark> marks(TimePoint begin, TimePoint, int) const override { return {{begin, "alert", "x"}}; }
  void add_job(const JobRecord&) override {}
  std::vector<JobRecord> jobs(int) const override { return {}; }

  std::vector<MetricsPoint> added;
  mutable MetricsStep asked = MetricsStep::kRaw;
};

TEST(MetricsRecorder, PutsTheLooksOfTenSecondsTogether) {
  FakeMetricsStore store;
  MetricsRecorder recorder(store);
  for (int second = 0; second <= 20; ++second) {
    ResourceSample sample;
    sample.at = TimePoint(1'000'000s + std::chrono::seconds(second));
    sample.cpu_percent = second;
    if (second % 2 == 0) sample.disk_read_bytes_per_s = 100;
    recorder.observe(sample, /*workers_active=*/2);
  }
  ASSERT_EQ(store.added.size(), 2U);
  const MetricsPoint& first = store.added[0];
  EXPECT_EQ(first.at, TimePoint(1'000'000s));
  EXPECT_EQ(first.samples, 10);
  EXPECT_FLOAT_EQ(first.mean[kCpu], 4.5F);
  EXPECT_FLOAT_EQ(first.peak[kCpu], 9);
  EXPECT_FLOAT_EQ(first.mean[kDiskRead], 100) << "a look without the figure does not count as zero";
  EXPECT_TRUE(std::isnan(first.mean[static_cast<std::size_t>(Metric::kGpuLoadPercent)]));
  EXPECT_FLOAT_EQ(first.mean[static_cast<std::size_t>(Metric::kWorkersActive)], 2);
  EXPECT_EQ(store.added[1].at, TimePoint(1'000'010s));
}

TEST(History, TakesTheFinestStepThatIsKeptAndAtMost720Points) {
  const FakeMetricsStore store;
  const TimePoint now(10'000'000s);
  struct Row {
    std::chrono::seconds range;
    MetricsStep step;
    std::chrono::seconds length;
  };
  for (const Row& row : {Row{15min, MetricsStep::kRaw, 10s}, Row{2h, MetricsStep::kRaw, 10s},
                         Row{6h, MetricsStep::kRaw, 30s}, Row{7h, MetricsStep::kMinute, 60s},
                         Row{7 * 24h, MetricsStep::kMinute, 14min}, Row{100 * 24h, MetricsStep::kHour, 4h}}) {
    const MetricsHistory history = read_history(store, row.range, now, {});
    EXPECT_EQ(store.asked, row.step) << row.range.count();
    EXPECT_EQ(history.step, row.length) << row.range.count();
    EXPECT_LE(history.points.size(), 721U);
    EXPECT_GE(history.points.size(), static_cast<std::size_t>(row.range / row.length));
    EXPECT_FLOAT_EQ(history.points.back().mean[kCpu], 5);
    EXPECT_EQ(history.begin, now - row.range);
    EXPECT_EQ(history.marks.size(), 1U);
  }
}

}  // namespace
}  // namespace voxlate::health
