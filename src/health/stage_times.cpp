#include "health/stage_times.h"

#include <algorithm>
#include <cmath>

namespace voxlate::health {

std::size_t DurationHistogram::step_of(std::uint64_t ns) {
  const std::uint64_t low = std::uint64_t{1} << kFirstOctave;
  const std::uint64_t high = (std::uint64_t{1} << (kLastOctave + 1)) - 1;
  const std::uint64_t clamped = std::clamp(ns, low, high);
  const int octave = std::bit_width(clamped) - 1;
  const std::uint64_t within = (clamped >> (octave - kStepBits)) & ((std::uint64_t{1} << kStepBits) - 1);
  return (static_cast<std::size_t>(octave - kFirstOctave) << kStepBits) + within;
}

std::uint64_t DurationHistogram::middle_of(std::size_t step) {
  const int octave = static_cast<int>(step >> kStepBits) + kFirstOctave;
  const std::uint64_t within = step & ((std::size_t{1} << kStepBits) - 1);
  const std::uint64_t width = std::uint64_t{1} << (octave - kStepBits);
  return (std::uint64_t{1} << octave) + within * width + width / 2;
}

void DurationHistogram::add(std::chrono::nanoseconds duration) {
  ++counts_[step_of(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)))];
  ++count_;
}

std::chrono::nanoseconds DurationHistogram::percentile(double percent) const {
  if (count_ == 0) return {};
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < counts_.size(); ++step) {
    seen += counts_[step];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) return std::chrono::nanoseconds(middle_of(step));
  }
  return std::chrono::nanoseconds(middle_of(counts_.size() - 1));
}

void StageTimes::record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) {
  if (observe_) observe_(stage, wall, media);
  const MutexLock lock(mutex_);
  auto found = stages_.find(stage);
  if (found == stages_.end()) {
    const std::string_view name = stages_.size() + 1 < kMaxStages ? stage : "other";
    found = stages_.try_emplace(std::string(name)).first;
    if (!found->second) found->second = std::make_unique<Stage>();
    found->second->figures.stage = name;
  }
  Stage& entry = *found->second;
  entry.histogram.add(wall);
  StageFigures& figures = entry.figures;
  ++figures.count;
  figures.total += wall;
  figures.last = wall;
  figures.longest = std::max(figures.longest, wall);
  if (media.count() > 0) {
    figures.media += media;
    figures.media_wall += wall;
  }
  // Counted where it falls; the sums over what is below are made when they are asked for.
  const auto* const bound = std::ranges::lower_bound(kStageBounds, wall);
  if (bound != kStageBounds.end()) ++figures.within[static_cast<std::size_t>(bound - kStageBounds.begin())];
}

std::vector<StageFigures> StageTimes::figures() const {
  std::vector<StageFigures> all;
  const MutexLock lock(mutex_);
  for (const auto& [name, stage] : stages_) {
    StageFigures figures = stage->figures;
    // The middle of a step may lie beyond the longest run of all.
    const auto at = [&histogram = stage->histogram, longest = figures.longest](double percent) {
      return std::min(histogram.percentile(percent), longest);
    };
    figures.p50 = at(50);
    figures.p95 = at(95);
    figures.p99 = at(99);
    std::uint64_t below = 0;
    for (std::uint64_t& count : figures.within) count = below += count;
    all.push_back(std::move(figures));
  }
  return all;
}

void StageTimes::reset() {
  const MutexLock lock(mutex_);
  stages_.clear();
}

}  // namespace voxlate::health
