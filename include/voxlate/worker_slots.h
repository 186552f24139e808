#pragma once

#include <stop_token>

namespace voxlate {

/// How many tasks of stages may run at once, over all jobs: the recognising of a piece, a translation, the reading of a
/// file. A task that holds a place never waits for another one. Thread-safe.
class WorkerSlots {
 public:
  virtual ~WorkerSlots() = default;

  /// Waits for a place. False, and there is none, when `stop` is requested before.
  virtual bool take(const std::stop_token& stop) = 0;

  /// Takes a place at once, beyond the limit if need be: for what somebody waits for.
  virtual void take_now() = 0;

  virtual void give_back() = 0;
};

/// A place, held while it lives.
class WorkerPlace {
 public:
  enum class Wait { kInTurn, kNot };

  /// Borrows `slots`; null: there is no limit.
  WorkerPlace(WorkerSlots* slots, Wait wait, const std::stop_token& stop) : slots_(slots) {
    if (slots_ == nullptr) return;
    if (wait == Wait::kNot)
      slots_->take_now();
    else if (!slots_->take(stop))
      slots_ = nullptr;  // whoever asked sees the stop by itself
  }
  ~WorkerPlace() {
    if (slots_ != nullptr) slots_->give_back();
  }
  WorkerPlace(const WorkerPlace&) = delete;
  WorkerPlace& operator=(const WorkerPlace&) = delete;

 private:
  WorkerSlots* slots_;
};

}  // namespace voxlate
