#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

#include "base/mutex.h"
#include "jobs/failure_log.h"

namespace voxlate::jobs {

/// Calls a function on a thread of its own, every `interval` and whenever poked. What the function throws is logged.
/// The destructor requests a stop and waits for a call in progress. Thread-safe.
class Ticker {
 public:
  Ticker(std::string name, std::chrono::milliseconds interval, std::function<void(const std::stop_token& stop)> tick);

  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// Ticks soon. Cheap.
  void poke();

 private:
  void run(std::stop_token stop);
  bool wait(std::stop_token stop);

  const std::chrono::milliseconds interval_;
  const std::function<void(const std::stop_token&)> tick_;
  FailureLog failures_;  ///< of the thread

  Mutex mutex_;
  ConditionVariable poked_;
  bool poke_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;
};

}  // namespace voxlate::jobs
