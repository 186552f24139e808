#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "voxlate/performance.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// Raises an alert when a figure has been above its limit for a while, and ends it when it has been below for a while,
/// so that it does not flicker. A stage that took longer than its limit is an alert at once, which ends when none did
/// for a while. Each is logged when it begins and when it ends. Thread-safe; no thread of its own.
class Alerts {
 public:
  struct Options {
    bool enabled = true;
    double memory_percent = 85;
    double cpu_percent = 90;
    double gpu_memory_percent = 95;
    std::uint64_t disk_bytes_per_s = 200'000'000;             ///< read and written together
    std::uint64_t disk_free_bytes = std::uint64_t{2} << 30U;  ///< less is an alert
    std::chrono::seconds raise_after{10};
    std::chrono::seconds disk_raise_after{60};
    std::chrono::seconds end_after{30};
    std::chrono::seconds stage_seconds{30};  ///< what any run of a stage may take
    double stage_real_time_factor = 2;       ///< and beyond that for each second of its media
  };

  /// `told`: of everything that begins (`ended` false) or ends.
  using Tell = std::function<void(const Alert& alert, bool ended)>;

  explicit Alerts(Options options, Tell told = {}) : options_(options), told_(std::move(told)) {}

  /// Samples are given in the order of their times.
  void observe(const ResourceSample& sample);

  /// A stage ran. Cheap while it is within its limit. `now` may be a little behind the samples.
  void note_stage(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media,
                  TimePoint now);

  /// Those that are raised, by id.
  std::vector<Alert> active() const;

  /// Raised since the start.
  std::uint64_t raised() const;

 private:
  /// What is known of one figure.
  struct Watched {
    Alert alert;
    bool raised = false;
    TimePoint changed_at{};  ///< since when it is on the other side of its limit
    bool crossing = false;   ///< whether it is
  };
  using Changes = std::vector<std::pair<Alert, bool>>;

  void judge(Alert now, bool above, std::chrono::seconds raise_after, TimePoint at, Changes& changes) REQUIRES(mutex_);
  void end_stages(TimePoint at, Changes& changes) REQUIRES(mutex_);
  void tell(const Changes& changes) const;

  const Options options_;
  const Tell told_;

  mutable Mutex mutex_;
  std::map<std::string, Watched, std::less<>> watched_ GUARDED_BY(mutex_);
  std::uint64_t raised_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::health
