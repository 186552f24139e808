#include "health/adaptive_slots.h"

#include <algorithm>

namespace voxlate::health {

bool AdaptiveSlots::take(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  waiting_.insert(ticket);
  const bool got =
      changed_.wait(mutex_, stop, [&]() REQUIRES(mutex_) { return active_ < limit_ && *waiting_.begin() == ticket; });
  waiting_.erase(ticket);
  if (got) {
    account();
    ++active_;
  }
  changed_.notify_all();  // there may be a place for the next one, too
  return got;
}

void AdaptiveSlots::take_now() {
  const MutexLock lock(mutex_);
  account();
  ++active_;
}

void AdaptiveSlots::give_back() {
  const MutexLock lock(mutex_);
  account();
  --active_;
  ++completed_;
  changed_.notify_all();
}

void AdaptiveSlots::set_limit(int limit) {
  const MutexLock lock(mutex_);
  account();
  limit_ = limit;
  changed_.notify_all();
}

/// Adds the time since the last change, before the next one.
void AdaptiveSlots::account() {
  const auto now = now_();
  if (active_ > 0) {
    const double time_s = std::chrono::duration<double>(now - accounted_at_).count();
    busy_s_ += std::min(active_, limit_) * time_s;
    offered_s_ += limit_ * time_s;
  }
  accounted_at_ = now;
}

AdaptiveSlots::Figures AdaptiveSlots::figures() const {
  const MutexLock lock(mutex_);
  return {.limit = limit_,
          .active = active_,
          .waiting = static_cast<int>(waiting_.size()),
          .completed = completed_,
          .efficiency = offered_s_ > 0 ? busy_s_ / offered_s_ : 0};
}

}  // namespace voxlate::health
