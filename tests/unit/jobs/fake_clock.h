#pragma once

#include <atomic>

#include "base/clock.h"

namespace voxlate::jobs {

inline constexpr TimePoint kStart{std::chrono::milliseconds(1'800'000'000'000)};

/// Time that stands still until it is moved.
class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(now_ms_.load())); }
  void advance(std::chrono::milliseconds time) { now_ms_ += time.count(); }

 private:
  std::atomic<std::int64_t> now_ms_ = kStart.time_since_epoch().count();
};

}  // namespace voxlate::jobs
