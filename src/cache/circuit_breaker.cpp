#include "cache/circuit_breaker.h"

#include <algorithm>

namespace voxlate::cache {

bool CircuitBreaker::failed(TimePoint now) {
  const MutexLock lock(mutex_);
  if (state_ == State::kOpen) return false;  // another call failed before
  const bool was_closed = state_ == State::kClosed;
  delay_ = was_closed ? kFirstDelay : std::min(2 * delay_, kLastDelay);
  retry_at_ = now + delay_;
  state_ = State::kOpen;
  return was_closed;
}

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::kClosed: return "closed";
    case CircuitBreaker::State::kOpen: return "open";
    case CircuitBreaker::State::kHalfOpen: return "half_open";
  }
  return "open";
}

}  // namespace voxlate::cache
