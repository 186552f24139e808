#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace voxlate::speech {

/// The second thread of a transcription. One reads audio and begins what is to be recognised; this one waits for the
/// results and publishes them, in the order of the media: what is finished comes out although the reader waits for
/// audio that has yet to arrive, and a reader that fails waits for no result.
///
/// An item is what was begun. Its owner adds it, all from one thread; at most `capacity` are there at a time, the one
/// being collected included. On destruction the collecting is stopped, and waited for.
template <typename Item>
class Collector {
 public:
  struct Work {
    /// Waits for the result and publishes it; in the collector's thread. Throws soon after `stop` is requested.
    std::function<void(Item& item, const std::stop_token& stop)> collect;

    /// Called in the collector's thread from time to time while there is nothing to collect.
    std::function<void()> rest;

    /// Called in the owner's thread from time to time while it waits; what it throws ends the wait. Has to throw when
    /// `stop` of the constructor was requested.
    std::function<void()> look;
  };

  Collector(std::size_t capacity, Work work, const std::stop_token& stop)
      : capacity_(capacity),
        work_(std::move(work)),
        stop_(stop),
        thread_([this](const std::stop_token& ended) { run(ended); }),
        on_stop_(stop, EndCollecting{*this}) {}

  /// Waits until fewer than `capacity` items are there. Throws what collecting threw.
  void await_room() {
    await([this]() REQUIRES(mutex_) { return items_.size() < capacity_; });
  }

  void add(Item item) {
    const MutexLock lock(mutex_);
    items_.push_back(std::move(item));
    changed_.notify_all();
  }

  bool is_empty() const {
    const MutexLock lock(mutex_);
    return items_.empty();
  }

  /// Throws what collecting threw, if it did.
  void check() const {
    const MutexLock lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

  /// Waits until all is collected. Throws what collecting threw.
  void finish() {
    await([this]() REQUIRES(mutex_) { return items_.empty(); });
  }

 private:
  static constexpr std::chrono::milliseconds kLookEvery{200};

  struct EndCollecting {
    Collector& collector;
    void operator()() const noexcept { collector.thread_.request_stop(); }
  };

  void run(const std::stop_token& ended) {
    try {
      while (Item* const item = next(ended)) {
        work_.collect(*item, ended);
        const MutexLock lock(mutex_);
        items_.pop_front();
        changed_.notify_all();
      }
    } catch (...) {
      const MutexLock lock(mutex_);
      failure_ = std::current_exception();  // thrown again in the thread of the owner
      changed_.notify_all();
    }
  }

  /// Null when the collecting was ended. Adding others leaves an item where it is.
  Item* next(const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      {
        const MutexLock lock(mutex_);
        const auto has_item = [this]() REQUIRES(mutex_) { return !items_.empty(); };
        if (changed_.wait_for(mutex_, ended, kLookEvery, has_item)) return &items_.front();
      }
      work_.rest();
    }
    return nullptr;
  }

  template <typename Condition>
  void await(const Condition& condition) {
    for (;;) {
      {
        const MutexLock lock(mutex_);
        const auto is_over = [&]() REQUIRES(mutex_) { return failure_ || condition(); };
        const bool over = changed_.wait_for(mutex_, stop_, kLookEvery, is_over);
        if (failure_) std::rethrow_exception(failure_);
        if (over) return;
      }
      work_.look();
    }
  }

  const std::size_t capacity_;
  const Work work_;
  const std::stop_token stop_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Item> items_ GUARDED_BY(mutex_);
  std::exception_ptr failure_ GUARDED_BY(mutex_);

  std::jthread thread_;  ///< uses everything above
  const std::stop_callback<EndCollecting> on_stop_;
};

}  // namespace voxlate::speech
