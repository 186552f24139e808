#include "remote/request_slots.h"

#include <algorithm>

#include "voxlate/error.h"

namespace voxlate::remote {

RequestSlots::RequestSlots(int slots) : free_(std::max(slots, 1)) {}

void RequestSlots::acquire(const std::stop_token& stop) NO_THREAD_SAFETY_ANALYSIS {
  const MutexLock lock(mutex_);
  if (!freed_.wait(mutex_, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return free_ > 0; }))
    throw Error(ErrorCode::kCancelled, "the request was stopped");
  --free_;
}

void RequestSlots::release() {
  const MutexLock lock(mutex_);
  ++free_;
  freed_.notify_one();
}

}  // namespace voxlate::remote
