#pragma once

#include <stop_token>
#include <thread>

namespace voxlate::app {

/// Turns SIGINT and SIGTERM into a stop request; the second one ends the process at once. Ignores SIGPIPE.
/// Made before any other thread, so that all inherit the blocked signals.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace voxlate::app
