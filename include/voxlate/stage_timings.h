#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace voxlate {

/// Bounds that runs are counted below, for those who draw histograms.
inline constexpr std::array<std::chrono::milliseconds, 12> kStageBounds = {
    std::chrono::milliseconds(1),       std::chrono::milliseconds(5),         std::chrono::milliseconds(25),
    std::chrono::milliseconds(100),     std::chrono::milliseconds(500),       std::chrono::milliseconds(1'000),
    std::chrono::milliseconds(5'000),   std::chrono::milliseconds(15'000),    std::chrono::milliseconds(60'000),
    std::chrono::milliseconds(300'000), std::chrono::milliseconds(1'800'000), std::chrono::milliseconds(7'200'000)};

/// How long the runs of one stage took since the start, or since the figures were reset.
struct StageFigures {
  std::string stage;
  std::uint64_t count = 0;
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds last{};
  std::chrono::nanoseconds longest{};
  std::chrono::nanoseconds p50{};  ///< the percentiles are within 2 %
  std::chrono::nanoseconds p95{};
  std::chrono::nanoseconds p99{};
  std::chrono::milliseconds media{};                        ///< sound or picture worked on
  std::chrono::nanoseconds media_wall{};                    ///< `total` of the runs that had any
  std::array<std::uint64_t, kStageBounds.size()> within{};  ///< runs of at most each bound
};

/// Wall time for a second of media; 0 where there was none.
constexpr double real_time_factor(const StageFigures& figures) {
  if (figures.media.count() == 0) return 0;
  return static_cast<double>(figures.media_wall.count()) / 1e6 / static_cast<double>(figures.media.count());
}

/// Where the parts of the server tell how long their stages took. Thread-safe and cheap: call it for everything that
/// takes longer than a tenth of a millisecond.
class StageTimings {
 public:
  virtual ~StageTimings() = default;

  /// One run of `stage` ("probe", "transcribe", "translate", "write", …) took `wall`, on `media` of sound or picture;
  /// 0: on none.
  virtual void record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) = 0;
};

/// For those whose times nobody wants.
class NoTimings final : public StageTimings {
 public:
  void record(std::string_view, std::chrono::nanoseconds, std::chrono::milliseconds) override {}
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
