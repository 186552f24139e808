#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "voxlate/stage_timings.h"

namespace voxlate::health {

/// How often durations fell where, from a microsecond to three days, on a scale that doubles every 32 steps: a
/// percentile is the middle of a step, so it is wrong by at most 1.6 %. Not thread-safe.
class DurationHistogram {
 public:
  void add(std::chrono::nanoseconds duration);

  /// The duration that `percent` of all were below or equal to; 0 when there were none.
  std::chrono::nanoseconds percentile(double percent) const;

  std::uint64_t count() const { return count_; }

 private:
  static constexpr int kStepBits = 5;      // steps an octave: 32
  static constexpr int kFirstOctave = 10;  // 1024 ns
  static constexpr int kLastOctave = 47;   // 39 hours, with the rest above it
  static constexpr std::size_t kSteps = static_cast<std::size_t>(kLastOctave - kFirstOctave + 1) << kStepBits;

  static std::size_t step_of(std::uint64_t ns);
  static std::uint64_t middle_of(std::size_t step);

  std::array<std::uint64_t, kSteps> counts_{};
  std::uint64_t count_ = 0;
};

/// What the stages of all jobs took, for whoever wants to know. Keeps 10 kB for each stage, however often it ran, and
/// knows at most `kMaxStages`; further ones are counted as "other". Thread-safe; `record` takes about 50 ns.
class StageTimes final : public StageTimings {
 public:
  static constexpr std::size_t kMaxStages = 64;

  /// `observe` is told of every run, too.
  using Observer = std::function<void(std::string_view stage, std::chrono::nanoseconds, std::chrono::milliseconds)>;

  explicit StageTimes(Observer observe = {}) : observe_(std::move(observe)) {}

  void record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) override;

  /// By name. Takes microseconds.
  std::vector<StageFigures> figures() const;

  /// Forgets everything.
  void reset();

 private:
  struct Stage {
    StageFigures figures;  ///< without percentiles
    DurationHistogram histogram;
  };

  const Observer observe_;

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Stage>, std::less<>> stages_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
