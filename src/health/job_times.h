#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/mutex.h"
#include "voxlate/stage_timings.h"

namespace voxlate::health {

/// The stages of one job: each is logged with the job's id, summed up, and passed on to the figures of all jobs.
/// Thread-safe.
class JobTimes final : public StageTimings {
 public:
  /// Borrows `all`.
  JobTimes(std::string job_id, StageTimings& all) : job_id_(std::move(job_id)), all_(all) {}

  void record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) override;

  /// Wall time by stage so far.
  std::map<std::string, std::chrono::nanoseconds, std::less<>> walls() const;

 private:
  const std::string job_id_;
  StageTimings& all_;
  mutable Mutex mutex_;
  std::map<std::string, std::chrono::nanoseconds, std::less<>> walls_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
