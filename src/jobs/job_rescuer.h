#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "base/change_feed.h"
#include "base/clock.h"
#include "jobs/ticker.h"
#include "voxlate/job_store.h"

namespace voxlate::jobs {

/// Puts jobs back into the queue whose worker died: those of an earlier process at once, those whose lease ran out
/// at the next look. Thread-safe.
class JobRescuer {
 public:
  struct Options {
    std::string owner;  ///< this process; the same as JobRunner's
    int max_crashes = 3;
    std::chrono::milliseconds interval = std::chrono::seconds(10);
  };

  /// Looks once (throws what the store throws), then every `interval`. `on_requeued` is called when a job may have
  /// become runnable.
  JobRescuer(Options options, JobStore& store, ChangeFeed& feed, const Clock& clock, std::function<void()> on_requeued);

  /// One look; returns how many jobs it touched.
  int rescue();

 private:
  const Options options_;
  JobStore& store_;
  ChangeFeed& feed_;
  const Clock& clock_;
  const std::function<void()> on_requeued_;
  Ticker ticker_;
};

}  // namespace voxlate::jobs
