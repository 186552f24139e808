#include "health/metrics_recorder.h"

#include <algorithm>
#include <utility>

namespace voxlate::health {
namespace {

constexpr int kMostPoints = 720;
constexpr int kMostMarks = 200;

/// The means and peaks of equal stretches of time; stretches without points are left out.
std::vector<MetricsPoint> thin_out(const std::vector<MetricsPoint>& points, std::chrono::milliseconds step) {
  std::vector<MetricsPoint> thinned;
  MetricsSum sum;
  TimePoint begin{};
  for (const MetricsPoint& point : points) {
    const TimePoint stretch{point.at.time_since_epoch() / step * step};
    if (sum.samples() > 0 && stretch != begin) thinned.push_back(std::exchange(sum, MetricsSum()).point(begin));
    begin = stretch;
    sum.add(point);
  }
  if (sum.samples() > 0) thinned.push_back(sum.point(begin));
  return thinned;
}

}  // namespace

MetricsPoint metrics_of(const ResourceSample& sample, int workers_active) {
  MetricsPoint point{.at = sample.at, .samples = 1};
  const auto set = [&point](Metric metric, double value) {
    point.mean[static_cast<std::size_t>(metric)] = static_cast<float>(value);
  };
  const auto set_known = [&set](Metric metric, const std::optional<double>& value) {
    if (value) set(metric, *value);
  };
  set(Metric::kCpuPercent, sample.cpu_percent);
  set(Metric::kProcessCpuPercent, sample.process_cpu_percent);
  if (sample.memory_total_bytes > 0) set(Metric::kMemoryPercent, memory_percent(sample));
  set(Metric::kProcessBytes, static_cast<double>(sample.process_rss_bytes));
  set_known(Metric::kDiskReadBytesPerS, sample.disk_read_bytes_per_s);
  set_known(Metric::kDiskWrittenBytesPerS, sample.disk_written_bytes_per_s);
  set_known(Metric::kNetworkReceivedBytesPerS, sample.network_received_bytes_per_s);
  set_known(Metric::kNetworkSentBytesPerS, sample.network_sent_bytes_per_s);
  set_known(Metric::kMemoryStallPercent, sample.memory_stall_percent);
  set_known(Metric::kIoStallPercent, sample.io_stall_percent);
  if (sample.disk_total_bytes > 0) set(Metric::kDiskFreeBytes, static_cast<double>(sample.disk_free_bytes));
  std::uint64_t gpu_total = 0;
  std::uint64_t gpu_used = 0;
  for (const GpuStatus& gpu : sample.gpus) {
    gpu_total += gpu.memory_total_bytes;
    gpu_used += gpu.memory_used_bytes;
    if (!gpu.load_percent) continue;
    float& load = point.mean[static_cast<std::size_t>(Metric::kGpuLoadPercent)];
    load = std::fmax(load, static_cast<float>(*gpu.load_percent));  // of the busiest one; fmax ignores NaN
  }
  if (gpu_total > 0) {
    set(Metric::kGpuMemoryPercent, 100.0 * static_cast<double>(gpu_used) / static_cast<double>(gpu_total));
  }
  set(Metric::kJobsQueued, sample.jobs_queued);
  set(Metric::kJobsRunning, sample.jobs_running);
  set(Metric::kWorkersActive, workers_active);
  point.peak = point.mean;
  return point;
}

void MetricsRecorder::observe(const ResourceSample& sample, int workers_active) {
  std::optional<MetricsPoint> whole;
  {
    const MutexLock lock(mutex_);
    // Stretches begin at multiples of their length, so that each lies within one minute.
    const TimePoint stretch{sample.at.time_since_epoch() / kEvery * kEvery};
    if (begin_ && *begin_ != stretch) whole = std::exchange(sum_, MetricsSum()).point(*begin_);
    begin_ = stretch;
    sum_.add(metrics_of(sample, workers_active));
  }
  if (whole) store_.add(*whole);
}

MetricsHistory read_history(const MetricsStore& store, std::chrono::seconds range, TimePoint now,
                            const HistoryLimits& limits) {
  MetricsStep step = MetricsStep::kHour;
  std::chrono::seconds length = std::chrono::hours(1);
  if (range <= limits.raw) {
    step = MetricsStep::kRaw;
    length = MetricsRecorder::kEvery;
  } else if (range <= limits.minutes) {
    step = MetricsStep::kMinute;
    length = std::chrono::minutes(1);
  }
  const auto points = range / length;
  const auto together = std::max<std::int64_t>(1, (points + kMostPoints - 1) / kMostPoints);
  MetricsHistory history{.begin = now - range, .end = now, .step = length * together};
  history.points = thin_out(store.points(step, history.begin, history.end), history.step);
  history.marks = store.marks(history.begin, history.end, kMostMarks);
  return history;
}

}  // namespace voxlate::health
