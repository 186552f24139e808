#include "accounts/hash_gate.h"

namespace voxlate::accounts {

std::optional<HashGate::Place> HashGate::enter() {
  const MutexLock lock(mutex_);
  if (inside_ >= at_once_) {
    if (waiting_ >= most_waiting_) return std::nullopt;
    ++waiting_;
    while (inside_ >= at_once_) left_.wait(mutex_);
    --waiting_;
  }
  ++inside_;
  return Place(this);
}

void HashGate::leave() {
  {
    const MutexLock lock(mutex_);
    --inside_;
  }
  left_.notify_one();
}

}  // namespace voxlate::accounts
