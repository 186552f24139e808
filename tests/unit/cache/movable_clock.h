#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace voxlate::cache {

class MovableClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(ms_)); }
  void advance(std::chrono::milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 1'800'000'000'000;
};

}  // namespace voxlate::cache
