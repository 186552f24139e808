#pragma once

#include <optional>

#include "base/mutex.h"

namespace voxlate::accounts {

/// How many may do something expensive at once, and how many may wait for it. Thread-safe.
class HashGate {
 public:
  HashGate(int at_once, int waiting) : at_once_(at_once), most_waiting_(waiting) {}

  /// Free again when it is gone.
  class Place {
   public:
    explicit Place(HashGate* gate) : gate_(gate) {}
    ~Place() {
      if (gate_ != nullptr) gate_->leave();
    }
    Place(Place&& other) noexcept : gate_(other.gate_) { other.gate_ = nullptr; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;

   private:
    HashGate* gate_;
  };

  /// Waits for a place; nothing, at once, when too many wait already.
  std::optional<Place> enter();

 private:
  void leave();

  const int at_once_;
  const int most_waiting_;

  Mutex mutex_;
  ConditionVariable left_;
  int inside_ GUARDED_BY(mutex_) = 0;
  int waiting_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::accounts
