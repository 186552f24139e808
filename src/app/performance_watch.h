#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "config/config.h"
#include "health/adaptive_slots.h"
#include "health/advisor.h"
#include "health/alerts.h"
#include "health/job_times.h"
#include "health/memory_watchdog.h"
#include "health/metrics_recorder.h"
#include "health/stage_times.h"
#include "health/worker_plan.h"
#include "voxlate/job.h"
#include "voxlate/performance.h"
#include "voxlate/system_status.h"

namespace voxlate::app {

health::WorkerLimits worker_limits(const Config& config);

/// What `doctor` and the server reckon from one look at the machine.
health::WorkerFacts worker_facts(const ResourceSample& sample);

/// Everything that watches how the server does, and what it concludes: figures of stages, alerts, history, the number
/// of workers, advice. Has no thread of its own. Thread-safe.
class PerformanceWatch final : public Performance {
 public:
  /// What it looks at. The functions are called only after all of the server is there.
  struct Parts {
    const Clock& clock;
    MetricsStore& metrics;
    std::function<ResourceSample()> latest;
    std::function<MemoryWatch()> memory_watch;
    std::function<MemoryRelease(ReleaseMode)> release;
    std::function<std::vector<MemoryHolder>()> holders;
    std::function<std::vector<ModelInMemory>()> models;
    std::function<std::vector<JobMemory>()> jobs;
  };

  PerformanceWatch(const Config& config, Parts parts);

  /// Places for tasks of stages, and for processes that read media.
  health::AdaptiveSlots& stage_slots() { return stage_slots_; }
  health::AdaptiveSlots& media_slots() { return media_slots_; }

  /// Every second.
  void observe(const ResourceSample& sample);

  /// Every `monitoring.check_interval`: adapts the workers, and once an hour what tunes itself.
  void coordinate();

  /// A job is done.
  void note_job(const Job& job, const health::JobTimes& times, int targets);

  // Performance.
  StageTimings& timings() override { return stage_times_; }
  std::vector<StageFigures> stages() const override { return stage_times_.figures(); }
  void reset_stages() override { stage_times_.reset(); }
  std::vector<Alert> alerts() const override { return alerts_.active(); }
  WorkerFigures workers() const override;
  MetricsHistory history(std::chrono::seconds range) const override;
  std::vector<Recommendation> recommendations() const override;
  OptimizeResult optimize(const OptimizeRequest& request) override;
  std::string profile() const override { return std::string(to_string(config_.profile)); }
  std::vector<SettingInUse> settings() const override;
  std::vector<HolderFigures> holders() const override;
  MemoryProfile memory() const override;

 private:
  void mark(std::string kind, std::string text);
  void mark_releases();
  void keep_marks();
  health::WorkerFacts facts_of_workers() const;
  health::AdvisorFacts advisor_facts() const;
  std::vector<MetricsPoint> recent_points() const;
  void follow_plan(const health::WorkerPlan& plan, const health::WorkerFacts& facts);
  void free_memory(bool aggressive, OptimizeResult& result);
  void tune();

  const Config& config_;
  const Parts parts_;
  const bool saves_;

  health::Alerts alerts_;
  health::StageTimes stage_times_;
  health::AdaptiveSlots stage_slots_;
  health::AdaptiveSlots media_slots_;
  health::MetricsRecorder recorder_;
  std::atomic<bool> follows_plan_;  ///< the number of workers is not configured, or advice was taken

  mutable Mutex mutex_;
  health::WorkerPlan plan_ GUARDED_BY(mutex_);
  std::vector<MetricsMark> new_marks_ GUARDED_BY(mutex_);  ///< not yet in the store
  std::uint64_t releases_seen_ GUARDED_BY(mutex_) = 0;
  TimePoint tuned_at_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::app
