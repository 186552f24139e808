#pragma once

#include <stop_token>

#include "base/mutex.h"

namespace voxlate::remote {

/// Bounds how many requests are under way at once. Thread-safe.
class RequestSlots {
 public:
  /// At least one.
  explicit RequestSlots(int slots);

  /// One of them, held while it lives.
  class Slot {
   public:
    /// Waits for a free one. Throws `kCancelled` soon after `stop`.
    Slot(RequestSlots& slots, const std::stop_token& stop) : slots_(slots) { slots_.acquire(stop); }
    ~Slot() { slots_.release(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    RequestSlots& slots_;
  };

 private:
  void acquire(const std::stop_token& stop);
  void release();

  Mutex mutex_;
  ConditionVariable freed_;
  int free_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::remote
