#include "store/sqlite_metrics_store.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/temporary_folder.h"

namespace voxlate::store {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kCpu = static_cast<std::size_t>(Metric::kCpuPercent);
constexpr auto kMemory = static_cast<std::size_t>(Metric::kMemoryPercent);

class SqliteMetricsStoreTest : public testing::Test {
 protected:
  static MetricsPoint point_at(TimePoint at, float cpu, float cpu_peak) {
    MetricsPoint point{.at = at, .samples = 10};
    point.mean[kCpu] = cpu;
    point.peak[kCpu] = cpu_peak;
    return point;
  }

  std::int64_t rows_of(const std::string& table) {
    const Storage::Reading reader(storage_);
    Statement row = reader->query(("SELECT count(*) FROM " + table).c_str());
    row.step();
    return row.integer(0);
  }

  // A midnight, so that parts of any length begin where they are easy to reckon.
  const TimePoint start_{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
  const TemporaryFolder folder_;
  Storage storage_{{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0}};
  SqliteMetricsStore store_{storage_, {.raw = 6h, .minutes = 24h, .hours = 48h}};
};

TEST_F(SqliteMetricsStoreTest, GivesBackWhatItGot) {
  store_.add(point_at(start_, 12.5F, 90));
  store_.add(point_at(start_ + 10s, 1, 2));
  const auto points = store_.points(MetricsStep::kRaw, start_, start_ + 10s);
  ASSERT_EQ(points.size(), 1U);
  EXPECT_EQ(points[0].at, start_);
  EXPECT_EQ(points[0].samples, 10);
  EXPECT_EQ(points[0].mean[kCpu], 12.5F);
  EXPECT_EQ(points[0].peak[kCpu], 90);
  EXPECT_TRUE(std::isnan(points[0].mean[kMemory]));
}

TEST_F(SqliteMetricsStoreTest, MinutesAndHoursHaveTheMeanAndTheHighest) {
  // 361 points: an hour, and the first of the next.
  for (int i = 0; i <= 360; ++i) {
    const auto cpu = static_cast<float>(i < 6 ? 10 * i : 7);
    store_.add(point_at(start_ + i * 10s, cpu, i == 200 ? 99 : cpu + 1));
  }
  const auto minutes = store_.points(MetricsStep::kMinute, start_, start_ + 24h);
  ASSERT_EQ(minutes.size(), 60U);
  EXPECT_EQ(minutes[0].at, start_);
  EXPECT_EQ(minutes[0].samples, 60);
  EXPECT_FLOAT_EQ(minutes[0].mean[kCpu], 25);
  EXPECT_FLOAT_EQ(minutes[0].peak[kCpu], 51);
  EXPECT_FLOAT_EQ(minutes[1].mean[kCpu], 7);
  const auto hours = store_.points(MetricsStep::kHour, start_, start_ + 24h);
  ASSERT_EQ(hours.size(), 1U);
  EXPECT_EQ(hours[0].samples, 3600);
  EXPECT_FLOAT_EQ(hours[0].mean[kCpu], (25 + 59 * 7) / 60.0F);
  EXPECT_FLOAT_EQ(hours[0].peak[kCpu], 99);
}

// The first point after it puts together what there is of the minute and the hour before.
TEST_F(SqliteMetricsStoreTest, ARestartLosesNoMinute) {
  store_.add(point_at(start_ + 10s, 30, 30));
  SqliteMetricsStore after_restart(storage_, {.raw = 6h, .minutes = 24h, .hours = 48h});
  after_restart.add(point_at(start_ + 3h, 50, 50));
  const auto minutes = after_restart.points(MetricsStep::kMinute, start_, start_ + 24h);
  ASSERT_EQ(minutes.size(), 1U);
  EXPECT_EQ(minutes[0].at, start_);
  EXPECT_FLOAT_EQ(minutes[0].mean[kCpu], 30);
  ASSERT_EQ(after_restart.points(MetricsStep::kHour, start_, start_ + 24h).size(), 1U);
}

TEST_F(SqliteMetricsStoreTest, KeepsTheRetentionAndNeverTwiceAsMuch) {
  for (int i = 0; i < 25; ++i) {  // a day and an hour, one point in it
    const TimePoint now = start_ + i * 1h;
    store_.add(point_at(now, 1, 1));
    const auto raw = store_.points(MetricsStep::kRaw, start_, now + 1ms);
    ASSERT_FALSE(raw.empty());
    EXPECT_LE(raw.size(), 12U) << i;                                           // less than two parts of six
    EXPECT_GE(raw.size(), static_cast<std::size_t>(std::min(i + 1, 7))) << i;  // at least the last six hours
    EXPECT_EQ(raw.front().at, now - (static_cast<int>(raw.size()) - 1) * 1h) << "without holes";
  }
  EXPECT_EQ(rows_of("metrics_raw_a") + rows_of("metrics_raw_b"), 7);
  EXPECT_EQ(store_.points(MetricsStep::kHour, start_, start_ + 48h).size(), 24U);
}

TEST_F(SqliteMetricsStoreTest, AClockThatGoesBackCostsNothing) {
  store_.add(point_at(start_ + 13h, 1, 1));
  store_.add(point_at(start_ + 1h, 2, 2));  // the same table, an earlier part
  EXPECT_EQ(store_.points(MetricsStep::kRaw, start_, start_ + 24h).size(), 2U);
}

// The file does not grow with the years: what is dropped makes room for what comes.
TEST_F(SqliteMetricsStoreTest, TheFileStaysSmall) {
  SqliteMetricsStore store(storage_, {.raw = 1h, .minutes = 2h, .hours = 4h});
  const auto grow = [&](int from, int to) {
    for (int i = from; i < to; ++i) store.add(point_at(start_ + i * 30s, 1, 1));
    storage_.flush();
    return std::filesystem::file_size(folder_.path() / "voxlate.db");
  };
  const auto after_two_parts = grow(0, 2 * 120);
  const auto after_six_parts = grow(2 * 120, 6 * 120);  // 120 kB, were all kept
  EXPECT_LT(after_six_parts, after_two_parts + 48 * 1024);
}

TEST_F(SqliteMetricsStoreTest, MarksAreKeptWithTheMinutes) {
  store_.mark({start_, "release", "150 MB"});
  store_.mark({start_, "alert", "memory"});
  store_.mark({start_ + 1h, "alert ended", "memory"});
  EXPECT_EQ(store_.marks(start_, start_ + 2h, 10).size(), 3U);
  const auto newest = store_.marks(start_, start_ + 2h, 1);
  ASSERT_EQ(newest.size(), 1U);
  EXPECT_EQ(newest[0].text, "memory");
  EXPECT_EQ(newest[0].kind, "alert ended");
  EXPECT_TRUE(store_.marks(start_ + 2h, start_ + 3h, 10).empty());
  store_.mark({start_ + 48h, "alert", "cpu"});  // the part after the next
  EXPECT_EQ(store_.marks(start_, start_ + 72h, 10).size(), 1U);
}

TEST_F(SqliteMetricsStoreTest, JobsComeNewestFirst) {
  const JobRecord first{.finished_at = start_ + 1h,
                        .engine = "whisper",
                        .model = "base",
                        .source_bytes = 1'000'000,
                        .media = 60s,
                        .transcribe = 12s,
                        .translate = 1s,
                        .write = 5ms,
                        .wall = 14s,
                        .targets = 1,
                        .workers = 6,
                        .jobs_beside = 2,
                        .process_bytes = 300'000'000};
  JobRecord second = first;
  second.finished_at = start_ + 2h;
  second.model.clear();
  store_.add_job(first);
  store_.add_job(second);
  EXPECT_EQ(store_.jobs(10), (std::vector<JobRecord>{second, first}));
  EXPECT_EQ(store_.jobs(1), (std::vector<JobRecord>{second}));
}

}  // namespace
}  // namespace voxlate::store
