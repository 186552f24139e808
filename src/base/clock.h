#pragma once

#include "voxlate/job.h"

namespace voxlate {

/// Wall-clock time, injected so that tests can move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

/// "2026-11-21T12:40:00.000Z" (RFC 3339, UTC).
std::string format_utc(TimePoint time);

}  // namespace voxlate
