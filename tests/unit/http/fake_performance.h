#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "health/stage_times.h"
#include "voxlate/performance.h"

namespace voxlate::http {

/// Has one of everything, and remembers what it was asked for.
class FakePerformance final : public Performance {
 public:
  StageTimings& timings() override { return times; }
  std::vector<StageFigures> stages() const override { return times.figures(); }
  void reset_stages() override { times.reset(); }
  std::vector<Alert> alerts() const override { return {}; }
  WorkerFigures workers() const override {
    return {
        .limit = 4, .active = 1, .waiting = 2, .completed = 17, .efficiency = 0.75, .reasons = {"There are 4 cores."}};
  }
  MetricsHistory history(std::chrono::seconds range) const override {
    const TimePoint end{std::chrono::hours(1000)};
    MetricsPoint point{.at = end - range, .samples = 10};
    point.mean[0] = 12.5F;
    point.peak[0] = 99.25F;
    return {.begin = end - range,
            .end = end,
            .step = std::chrono::seconds(10),
            .points = {point},
            .marks = {{.at = end, .kind = "release", .text = "high: 150MB freed"}}};
  }
  std::vector<Recommendation> recommendations() const override {
    return {{.id = "more-jobs",
             .group = AdviceGroup::kCpu,
             .severity = Severity::kAdvice,
             .title = "Run more jobs at once",
             .reason = "Jobs wait.",
             .evidence = {{"jobs_queued", 5}},
             .setting = SuggestedSetting{"jobs.max_concurrent", "3", "4"}}};
  }
  OptimizeResult optimize(const OptimizeRequest& request) override {
    const std::scoped_lock lock(mutex);
    asked.push_back(request);
    return {.done = {"Memory was cleaned: 150MB freed."},
            .refused = {{"more-jobs", "Set it."}},
            .freed_bytes = 150'000'000,
            .memory_percent_before = 88,
            .memory_percent_after = 71,
            .release = {}};
  }
  std::string profile() const override { return "production"; }
  std::vector<SettingInUse> settings() const override {
    return {{.group = "memory", .key = "memory.watchdog", .value = "true", .origin = "flag", .on = true}};
  }
  std::vector<HolderFigures> holders() const override {
    return {{.name = "recogniser \"models\"", .bytes = 1000, .created = 3, .freed = 2}};
  }
  MemoryProfile memory() const override {
    return {.process_bytes = 5000,
            .holders = holders(),
            .jobs = {{"7", 300}},
            .accounted_bytes = 1000,
            .percent_per_s = 0.5,
            .trend = {}};
  }

  health::StageTimes times;
  std::mutex mutex;
  std::vector<OptimizeRequest> asked;
};

}  // namespace voxlate::http
