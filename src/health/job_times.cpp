#include "health/job_times.h"

#include <fmt/format.h>

#include "base/log.h"

namespace voxlate::health {

void JobTimes::record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) {
  all_.record(stage, wall, media);
  {
    const MutexLock lock(mutex_);
    auto found = walls_.find(stage);
    if (found == walls_.end()) found = walls_.try_emplace(std::string(stage)).first;
    found->second += wall;
  }
  const double wall_ms = static_cast<double>(wall.count()) / 1e6;
  if (media.count() > 0) {
    log::info("stage done", {{"job_id", job_id_},
                             {"stage", stage},
                             {"wall_ms", fmt::format("{:.1f}", wall_ms)},
                             {"media_ms", media.count()},
                             {"rtf", fmt::format("{:.3f}", wall_ms / static_cast<double>(media.count()))}});
  } else {
    log::info("stage done", {{"job_id", job_id_}, {"stage", stage}, {"wall_ms", fmt::format("{:.1f}", wall_ms)}});
  }
}

std::map<std::string, std::chrono::nanoseconds, std::less<>> JobTimes::walls() const {
  const MutexLock lock(mutex_);
  return walls_;
}

}  // namespace voxlate::health
