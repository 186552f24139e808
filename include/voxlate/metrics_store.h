#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

/// What is kept over time. New ones are added at the end: what is stored has them in this order.
enum class Metric : std::uint8_t {
  kCpuPercent,
  kProcessCpuPercent,
  kMemoryPercent,
  kProcessBytes,
  kDiskReadBytesPerS,
  kDiskWrittenBytesPerS,
  kNetworkReceivedBytesPerS,
  kNetworkSentBytesPerS,
  kMemoryStallPercent,
  kIoStallPercent,
  kDiskFreeBytes,
  kGpuMemoryPercent,
  kGpuLoadPercent,
  kJobsQueued,
  kJobsRunning,
  kWorkersActive,
};

inline constexpr std::array<std::string_view, 16> kMetricNames = {
    "cpu_percent",
    "process_cpu_percent",
    "memory_percent",
    "process_bytes",
    "disk_read_bytes_per_s",
    "disk_written_bytes_per_s",
    "network_received_bytes_per_s",
    "network_sent_bytes_per_s",
    "memory_stall_percent",
    "io_stall_percent",
    "disk_free_bytes",
    "gpu_memory_percent",
    "gpu_load_percent",
    "jobs_queued",
    "jobs_running",
    "workers_active",
};

/// One figure each; NaN where it is not known.
using MetricValues = std::array<float, kMetricNames.size()>;

constexpr MetricValues unknown_metrics() {
  MetricValues values{};
  values.fill(std::numeric_limits<float>::quiet_NaN());
  return values;
}

/// Mean and highest of a stretch of time that begins at `at`.
struct MetricsPoint {
  TimePoint at{};
  int samples = 0;  ///< looks that it is made of
  MetricValues mean = unknown_metrics();
  MetricValues peak = unknown_metrics();
};

/// Puts points together: means weighted by their samples, the highest of the peaks. Not thread-safe.
class MetricsSum {
 public:
  void add(const MetricsPoint& point) {
    samples_ += point.samples;
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      if (std::isnan(point.mean[i])) continue;
      sum_[i] += static_cast<double>(point.mean[i]) * point.samples;
      known_[i] += point.samples;
      peak_[i] = std::isnan(peak_[i]) ? point.peak[i] : std::fmax(peak_[i], point.peak[i]);
    }
  }

  int samples() const { return samples_; }

  MetricsPoint point(TimePoint at) const {
    MetricsPoint point{.at = at, .samples = samples_, .mean = unknown_metrics(), .peak = peak_};
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      if (known_[i] > 0) point.mean[i] = static_cast<float>(sum_[i] / known_[i]);
    }
    return point;
  }

 private:
  int samples_ = 0;
  std::array<double, kMetricNames.size()> sum_{};  // of thousands of floats
  std::array<int, kMetricNames.size()> known_{};
  MetricValues peak_ = unknown_metrics();
};

/// Something that happened, to be seen among the figures.
struct MetricsMark {
  TimePoint at{};
  std::string kind;  ///< "release", "alert", "alert ended", "workers", "optimization"
  std::string text;

  bool operator==(const MetricsMark&) const = default;
};

/// What one finished job took: what predictions are made from.
struct JobRecord {
  TimePoint finished_at{};
  std::string engine;
  std::string model;  ///< empty: the engine has but one
  std::uint64_t source_bytes = 0;
  std::chrono::milliseconds media{};
  std::chrono::milliseconds transcribe{};
  std::chrono::milliseconds translate{};
  std::chrono::milliseconds write{};  ///< layout included
  std::chrono::milliseconds wall{};   ///< of the whole attempt that finished it
  int targets = 0;
  int workers = 0;                  ///< stage tasks that could run at once then
  int jobs_beside = 0;              ///< that ran when it ended
  std::uint64_t process_bytes = 0;  ///< memory of the process when it ended

  bool operator==(const JobRecord&) const = default;
};

enum class MetricsStep { kRaw, kMinute, kHour };

/// Figures over time and what jobs took. Samples become points of minutes and of hours as time goes on, and what is
/// older than its retention goes in whole parts. Each call that writes is one small transaction. Thread-safe.
class MetricsStore {
 public:
  virtual ~MetricsStore() = default;

  /// Points are given in the order of their times; `point.at` must be new.
  virtual void add(const MetricsPoint& point) = 0;

  /// In [begin, end), by time.
  virtual std::vector<MetricsPoint> points(MetricsStep step, TimePoint begin, TimePoint end) const = 0;

  virtual void mark(const MetricsMark& mark) = 0;

  /// In [begin, end), by time; of more than `limit` the newest.
  virtual std::vector<MetricsMark> marks(TimePoint begin, TimePoint end, int limit) const = 0;

  virtual void add_job(const JobRecord& job) = 0;

  /// The newest ones, newest first.
  virtual std::vector<JobRecord> jobs(int limit) const = 0;
};

}  // namespace voxlate
