#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "voxlate/memory_watch.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// Has memory given back before it hurts. Fed with samples, it releases in stages, the cheapest holder first, and stops
/// as soon as use is below the target; while that does not help it lets no job start, then accepts none, then sends the
/// newest running one back to the queue. Each level ends a little below where it begins, so that it does not flicker.
///
/// Where use rises so fast that it would be critical within ten seconds, the release begins earlier, though never below
/// `cheap_percent` (`Options::adaptive`).
///
/// Has no thread of its own. Thread-safe; one release runs at a time.
class MemoryWatchdog {
 public:
  struct Options {
    double cheap_percent = 70;
    double release_percent = 85;
    double refuse_percent = 92;
    double target_percent = 75;  ///< a release ends when use is below, and 5 % lower than before
    bool adaptive = true;
    std::chrono::seconds cheap_interval{60};    ///< between clean-ups while use is elevated
    std::chrono::seconds release_interval{5};   ///< between releases while use stays high
    std::chrono::seconds requeue_interval{15};  ///< between jobs sent back while use stays critical
  };

  struct Parts {
    std::vector<MemoryHolder> holders;     ///< the cheapest first
    MemoryHolder heap;                     ///< gives back what all others freed; asked after each that gave something
    std::function<ResourceSample()> look;  ///< now
    std::function<bool()> requeue_newest;  ///< sends the newest running job back to the queue; false when none runs
  };

  MemoryWatchdog(Options options, Parts parts);

  /// Does what the level asks for. Samples are given in the order of their times.
  void observe(const ResourceSample& sample);

  /// Cleans up now: all holders, whatever the level.
  MemoryRelease release(ReleaseMode mode, std::string cause);

  bool admits_jobs() const { return level_ < MemoryLevel::kHigh; }
  bool refuses_jobs() const { return level_ >= MemoryLevel::kCritical; }

  MemoryWatch status() const;

 private:
  MemoryRelease run_release(ReleaseMode mode, std::string cause, double target_percent);
  MemoryLevel level_at(double percent, double threshold) const;
  double note_trend(const ResourceSample& sample);
  double threshold(double percent_per_s) const;
  double relieve(const ResourceSample& sample, double threshold);
  void set_level(MemoryLevel level, double percent);
  void remember(const MemoryRelease& release);

  const Options options_;
  const Parts parts_;

  std::atomic<MemoryLevel> level_ = MemoryLevel::kNormal;

  Mutex releasing_;  ///< held during a release

  mutable Mutex mutex_;
  MemoryWatch watch_ GUARDED_BY(mutex_);
  std::deque<std::pair<TimePoint, double>> recent_ GUARDED_BY(mutex_);  ///< percent of the last ten seconds
  std::optional<TimePoint> released_at_ GUARDED_BY(mutex_);
  std::optional<TimePoint> warned_at_ GUARDED_BY(mutex_);
  std::optional<TimePoint> requeued_at_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
