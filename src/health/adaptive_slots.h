#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>

#include "base/mutex.h"
#include "voxlate/worker_slots.h"

namespace voxlate::health {

/// Places whose number follows a plan. When it falls, tasks that run go on, and the next ones wait. Those that wait get
/// theirs in the order in which they came. Thread-safe.
class AdaptiveSlots final : public WorkerSlots {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  explicit AdaptiveSlots(int limit, Now now = std::chrono::steady_clock::now) : now_(std::move(now)), limit_(limit) {}

  bool take(const std::stop_token& stop) override;
  void take_now() override;
  void give_back() override;

  void set_limit(int limit);

  struct Figures {
    int limit = 0;
    int active = 0;
    int waiting = 0;
    std::uint64_t completed = 0;
    double efficiency = 0;  ///< see `WorkerFigures`
  };
  Figures figures() const;

 private:
  void account() REQUIRES(mutex_);

  const Now now_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  int limit_ GUARDED_BY(mutex_);
  int active_ GUARDED_BY(mutex_) = 0;
  std::uint64_t next_ticket_ GUARDED_BY(mutex_) = 0;
  std::set<std::uint64_t> waiting_ GUARDED_BY(mutex_);  ///< tickets, the next one first
  std::uint64_t completed_ GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point accounted_at_ GUARDED_BY(mutex_){};
  double busy_s_ GUARDED_BY(mutex_) = 0;
  double offered_s_ GUARDED_BY(mutex_) = 0;  ///< of all places while any was taken
};

}  // namespace voxlate::health
