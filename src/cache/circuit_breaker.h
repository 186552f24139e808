#pragma once

#include <chrono>
#include <string_view>

#include "base/mutex.h"

namespace voxlate::cache {

/// Keeps calls from a server that does not answer: open after the first failure, it lets one through after a second to
/// try, then after two, four and so on to half a minute; the first that works closes it. Thread-safe.
class CircuitBreaker {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class State { kClosed, kOpen, kHalfOpen };

  static constexpr std::chrono::seconds kFirstDelay{1};
  static constexpr std::chrono::seconds kLastDelay{30};

  /// Whether to call now. Whoever was let through tells the end by one of the next two.
  bool allow(TimePoint now) {
    const MutexLock lock(mutex_);
    if (state_ == State::kClosed) return true;
    if (state_ == State::kHalfOpen || now < retry_at_) return false;
    state_ = State::kHalfOpen;
    return true;
  }

  /// Whether `allow` would say no: then nothing needs to be prepared.
  bool refuses(TimePoint now) const {
    const MutexLock lock(mutex_);
    return state_ == State::kHalfOpen || (state_ == State::kOpen && now < retry_at_);
  }

  /// True when that closed it.
  bool succeeded() {
    const MutexLock lock(mutex_);
    if (state_ != State::kHalfOpen) return false;  // open: a call from before the failure came back late
    state_ = State::kClosed;
    delay_ = kFirstDelay;
    return true;
  }

  /// True when that opened it, after it was closed.
  bool failed(TimePoint now);

  State state() const {
    const MutexLock lock(mutex_);
    return state_;
  }

 private:
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_) = State::kClosed;
  TimePoint retry_at_ GUARDED_BY(mutex_);
  std::chrono::seconds delay_ GUARDED_BY(mutex_) = kFirstDelay;
};

/// "closed", "open", "half_open".
std::string_view to_string(CircuitBreaker::State state);

}  // namespace voxlate::cache
