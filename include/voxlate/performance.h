#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "voxlate/memory_watch.h"
#include "voxlate/metrics_store.h"
#include "voxlate/stage_timings.h"

namespace voxlate {

/// Something that has been above its limit for a while.
struct Alert {
  std::string id;    ///< "memory", "cpu", "disk_space", "gpu0_memory", "stage:transcribe"
  std::string kind;  ///< "memory", "cpu", "stage", "disk_io", "gpu_memory", "disk_space"
  TimePoint since{};
  double value = 0;
  double limit = 0;
  std::string message;

  bool operator==(const Alert&) const = default;
};

/// How many tasks of stages run at once, and how that was decided.
struct WorkerFigures {
  int limit = 0;
  int active = 0;
  int waiting = 0;
  std::uint64_t completed = 0;
  double efficiency = 0;  ///< in [0, 1]: share of their time in which workers had something to do, while any had
  std::vector<std::string> reasons;  ///< for `limit`
};

/// Which lever a recommendation is about.
enum class AdviceGroup { kMemory, kCpu, kCache, kThreading };
enum class Severity { kInfo, kAdvice, kWarning };

constexpr std::string_view to_string(AdviceGroup group) {
  switch (group) {
    case AdviceGroup::kMemory: return "memory";
    case AdviceGroup::kCpu: return "cpu";
    case AdviceGroup::kCache: return "cache";
    case AdviceGroup::kThreading: return "threading";
  }
  return "memory";
}

constexpr std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kAdvice: return "advice";
    case Severity::kWarning: return "warning";
  }
  return "info";
}

/// A setting as it is, and as it would be better.
struct SuggestedSetting {
  std::string key;
  std::string current;
  std::string suggested;

  bool operator==(const SuggestedSetting&) const = default;
};

struct Recommendation {
  std::string id;  ///< stays the same while the reason does: "raise-workers"
  AdviceGroup group = AdviceGroup::kMemory;
  Severity severity = Severity::kInfo;
  std::string title;
  std::string reason;
  std::vector<std::pair<std::string, double>> evidence;  ///< figures by name
  std::optional<SuggestedSetting> setting{};
  bool can_apply = false;  ///< by `Performance::optimize`, while the server runs
};

struct OptimizeRequest {
  bool force_memory_cleanup = false;
  bool aggressive = false;
  std::vector<std::string> apply;  ///< ids of recommendations
};

struct OptimizeResult {
  std::vector<std::string> done;                             ///< sentences
  std::vector<std::pair<std::string, std::string>> refused;  ///< id and why
  std::uint64_t freed_bytes = 0;
  double memory_percent_before = 0;
  double memory_percent_after = 0;
  std::optional<MemoryRelease> release{};
};

/// A setting that makes the server faster or smaller, as it is in effect.
struct SettingInUse {
  std::string group;  ///< "memory", "cpu", "cache", "threading", "media", "monitoring"
  std::string key;
  std::string value;
  std::string origin;      ///< "default", "file", "environment VOXLATE_…", "flag", "optimization"
  std::optional<bool> on;  ///< of those that can be switched off
};

/// What one holder of memory holds.
struct HolderFigures {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t created = 0;  ///< things that it took in since the start; 0 where it does not count
  std::uint64_t freed = 0;
};

/// What a running job was reckoned to take when it was let in.
struct JobMemory {
  std::string job_id;
  std::uint64_t estimated_bytes = 0;
};

/// Which memory is where.
struct MemoryProfile {
  std::uint64_t process_bytes = 0;
  std::vector<HolderFigures> holders;
  std::vector<JobMemory> jobs;
  std::uint64_t accounted_bytes = 0;  ///< by the holders
  double percent_per_s = 0;           ///< trend of the last ten seconds
  std::vector<MetricsPoint> trend;    ///< of the last quarter of an hour, by time
};

/// Figures over a stretch of time, thinned out.
struct MetricsHistory {
  TimePoint begin{};
  TimePoint end{};
  std::chrono::seconds step{};
  std::vector<MetricsPoint> points;
  std::vector<MetricsMark> marks;
};

/// How the server does, and what can be done about it. Thread-safe.
class Performance {
 public:
  virtual ~Performance() = default;

  /// Where stages tell how long they took.
  virtual StageTimings& timings() = 0;
  virtual std::vector<StageFigures> stages() const = 0;
  virtual void reset_stages() = 0;

  virtual std::vector<Alert> alerts() const = 0;
  virtual WorkerFigures workers() const = 0;

  /// The last `range`; at most about 720 points.
  virtual MetricsHistory history(std::chrono::seconds range) const = 0;

  virtual std::vector<Recommendation> recommendations() const = 0;

  /// Does it now. What cannot be applied is refused with the reason, one by one.
  virtual OptimizeResult optimize(const OptimizeRequest& request) = 0;

  virtual std::string profile() const = 0;
  virtual std::vector<SettingInUse> settings() const = 0;
  virtual std::vector<HolderFigures> holders() const = 0;
  virtual MemoryProfile memory() const = 0;
};

}  // namespace voxlate
