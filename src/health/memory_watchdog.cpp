#include "health/memory_watchdog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/log.h"

namespace voxlate::health {
namespace {

/// A level that was reached is left this far below its threshold.
constexpr double kHysteresisPercent = 3;

constexpr std::chrono::seconds kHorizon{10};   ///< the trend is taken over it, and believed for as long
constexpr std::chrono::minutes kWarnEvery{1};  ///< while a level lasts
constexpr double kWorthwhilePercent = 5;
constexpr std::size_t kRememberedReleases = 50;
constexpr std::uint64_t kWorthTrimming = 1 << 20;

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

/// Slope of the line that fits best (least squares), per second.
double slope_of(const std::deque<std::pair<TimePoint, double>>& points) {
  if (points.size() < 3) return 0;
  const auto seconds = [&](TimePoint at) { return std::chrono::duration<double>(at - points.front().first).count(); };
  double sum_t = 0;
  double sum_p = 0;
  for (const auto& [at, percent] : points) {
    sum_t += seconds(at);
    sum_p += percent;
  }
  const double mean_t = sum_t / static_cast<double>(points.size());
  const double mean_p = sum_p / static_cast<double>(points.size());
  double together = 0;
  double spread = 0;
  for (const auto& [at, percent] : points) {
    together += (seconds(at) - mean_t) * (percent - mean_p);
    spread += (seconds(at) - mean_t) * (seconds(at) - mean_t);
  }
  return spread > 0 ? together / spread : 0;
}

void warn_of(MemoryLevel level, const ResourceSample& sample) {
  const std::string percent = fmt::format("{:.0f}%", memory_percent(sample));
  log::warning(level == MemoryLevel::kCritical ? "Memory pressure detected: " + percent + " usage"
                                               : "High memory usage: " + percent,
               {{"used_mb", megabytes(sample.memory_used_bytes)}, {"source", sample.memory_source}});
}

}  // namespace

MemoryWatchdog::MemoryWatchdog(Options options, Parts parts) : options_(options), parts_(std::move(parts)) {
  const MutexLock lock(mutex_);
  watch_.cheap_percent = options_.cheap_percent;
  watch_.release_percent = options_.release_percent;
  watch_.refuse_percent = options_.refuse_percent;
}

void MemoryWatchdog::observe(const ResourceSample& sample) {
  const double rising = note_trend(sample);
  const double from = threshold(rising);
  double percent = memory_percent(sample);
  if (level_at(percent, from) != MemoryLevel::kNormal) percent = relieve(sample, from);
  set_level(level_at(percent, from), percent);
  if (level_ < MemoryLevel::kCritical) return;
  {
    const MutexLock lock(mutex_);
    if (requeued_at_ && sample.at - *requeued_at_ < options_.requeue_interval) return;
    requeued_at_ = sample.at;
  }
  if (!parts_.requeue_newest()) return;
  log::warning("newest job sent back to the queue", {{"memory_percent", percent}});
  const MutexLock lock(mutex_);
  ++watch_.jobs_requeued;
}

MemoryRelease MemoryWatchdog::release(ReleaseMode mode, std::string cause) {
  return run_release(mode, std::move(cause), /*target_percent=*/0);
}

MemoryWatch MemoryWatchdog::status() const {
  const MutexLock lock(mutex_);
  MemoryWatch watch = watch_;
  watch.level = level_;
  watch.admits_jobs = admits_jobs();
  watch.refuses_jobs = refuses_jobs();
  return watch;
}

/// Percent per second.
double MemoryWatchdog::note_trend(const ResourceSample& sample) {
  const MutexLock lock(mutex_);
  recent_.emplace_back(sample.at, memory_percent(sample));
  while (recent_.front().first < sample.at - kHorizon) recent_.pop_front();
  watch_.percent_per_s = slope_of(recent_);
  return watch_.percent_per_s;
}

double MemoryWatchdog::threshold(double percent_per_s) const {
  if (!options_.adaptive || percent_per_s <= 0) return options_.release_percent;
  const double horizon_s = std::chrono::duration<double>(kHorizon).count();
  const double critical_soon = options_.refuse_percent - percent_per_s * horizon_s;
  return std::clamp(critical_soon, options_.cheap_percent, options_.release_percent);
}

MemoryLevel MemoryWatchdog::level_at(double percent, double threshold) const {
  const MemoryLevel before = level_;
  const auto reaches = [&](MemoryLevel level, double from) {
    return percent >= (before >= level ? from - kHysteresisPercent : from);
  };
  if (reaches(MemoryLevel::kCritical, options_.refuse_percent)) return MemoryLevel::kCritical;
  if (reaches(MemoryLevel::kHigh, threshold)) return MemoryLevel::kHigh;
  if (reaches(MemoryLevel::kElevated, options_.cheap_percent)) return MemoryLevel::kElevated;
  return MemoryLevel::kNormal;
}

/// Cleans up as the sample asks for, when the last time is long enough ago. Returns how much memory is used then.
double MemoryWatchdog::relieve(const ResourceSample& sample, double threshold) {
  const double percent = memory_percent(sample);
  const MemoryLevel level = level_at(percent, threshold);
  const bool is_high = level >= MemoryLevel::kHigh;
  const bool rises = level > level_;
  const double target = std::min(options_.target_percent, percent - kWorthwhilePercent);
  bool warn = false;
  {
    const MutexLock lock(mutex_);
    const std::chrono::seconds interval = is_high ? options_.release_interval : options_.cheap_interval;
    if (!rises && released_at_ && sample.at - *released_at_ < interval) return percent;
    released_at_ = sample.at;
    warn = is_high && (rises || !warned_at_ || sample.at - *warned_at_ >= kWarnEvery);
    if (warn) warned_at_ = sample.at;
  }
  if (!is_high) return run_release(ReleaseMode::kNormal, "elevated", target).percent_after;
  if (warn) warn_of(level, sample);
  const std::string cause = percent < options_.release_percent ? "rising" : "high";
  const MemoryRelease first = run_release(ReleaseMode::kNormal, cause, target);
  if (first.percent_after < target) return first.percent_after;
  return run_release(ReleaseMode::kAggressive, cause, target).percent_after;
}

MemoryRelease MemoryWatchdog::run_release(ReleaseMode mode, std::string cause, double target_percent) {
  const MutexLock one_at_a_time(releasing_);
  const auto start = std::chrono::steady_clock::now();
  const ResourceSample before = parts_.look();
  ResourceSample after = before;
  MemoryRelease release{.at = before.at, .mode = mode, .cause = std::move(cause)};
  const auto ask = [&](const MemoryHolder& holder) {
    const std::uint64_t bytes = holder.release(mode);
    if (bytes == 0) return bytes;
    release.freed.push_back({.name = holder.name, .bytes = bytes});
    log::info("memory released", {{"holder", holder.name}, {"mode", to_string(mode)}, {"freed_mb", megabytes(bytes)}});
    return bytes;
  };
  bool trimmed = false;
  for (const MemoryHolder& holder : parts_.holders) {
    if (memory_percent(after) < target_percent) break;
    trimmed = ask(holder) >= kWorthTrimming;
    if (trimmed) {
      parts_.heap.release(mode);
      after = parts_.look();
    }
  }
  if (!trimmed) {
    ask(parts_.heap);
    after = parts_.look();
  }
  const std::uint64_t given =
      std::accumulate(release.freed.begin(), release.freed.end(), std::uint64_t{0},
                      [](std::uint64_t sum, const FreedMemory& freed) { return sum + freed.bytes; });
  const std::uint64_t fallen = before.process_rss_bytes - std::min(before.process_rss_bytes, after.process_rss_bytes);
  release.freed_bytes = std::max(given, fallen);
  release.percent_before = memory_percent(before);
  release.percent_after = memory_percent(after);
  release.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  const bool is_last_resort = mode == ReleaseMode::kAggressive || target_percent == 0;
  if (release.freed_bytes > 0 || is_last_resort) remember(release);
  return release;
}

void MemoryWatchdog::remember(const MemoryRelease& release) {
  log::info("Memory cleanup completed", {{"freed_mb", megabytes(release.freed_bytes)},
                                         {"mode", to_string(release.mode)},
                                         {"cause", release.cause},
                                         {"percent", release.percent_after},
                                         {"took_ms", release.took.count()}});
  const MutexLock lock(mutex_);
  ++watch_.releases;
  watch_.freed_bytes += release.freed_bytes;
  watch_.latest.insert(watch_.latest.begin(), release);
  if (watch_.latest.size() > kRememberedReleases) watch_.latest.pop_back();
}

void MemoryWatchdog::set_level(MemoryLevel level, double percent) {
  const MemoryLevel before = level_.exchange(level);
  {
    const MutexLock lock(mutex_);
    watch_.percent = percent;
    watch_.release_percent = threshold(watch_.percent_per_s);
  }
  if (before == level) return;
  log::info("memory level", {{"level", to_string(level)}, {"before", to_string(before)}, {"percent", percent}});
}

}  // namespace voxlate::health
