#pragma once

#include <chrono>
#include <string_view>

namespace voxlate {

/// Where the parts of the server tell how long their stages took. Thread-safe and cheap: call it for everything that
/// takes longer than a tenth of a millisecond.
class StageTimings {
 public:
  virtual ~StageTimings() = default;

  /// One run of `stage` ("probe", "transcribe", "translate", "write", …) took `wall`, on `media` of sound or picture;
  /// 0: on none.
  virtual void record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) = 0;
};

/// Times a stage from its making to `finish`; one that an exception ends is not recorded.
class StageTimer {
 public:
  /// Borrows both.
  StageTimer(StageTimings& timings, std::string_view stage) : timings_(timings), stage_(stage) {}
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

  /// Records it; at most once.
  void finish(std::chrono::milliseconds media = {}) {
    timings_.record(stage_, std::chrono::steady_clock::now() - start_, media);
  }

 private:
  StageTimings& timings_;
  const std::string_view stage_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace voxlate
