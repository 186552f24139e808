#pragma once

#include <chrono>
#include <set>
#include <string>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "jobs/ticker.h"
#include "voxlate/job_store.h"

namespace voxlate::jobs {

/// Deletes finished jobs and their folders after the retention time; at start also what a killed server left in the
/// data folder. Thread-safe.
class JobCleaner {
 public:
  struct Options {
    std::chrono::milliseconds retention = std::chrono::days(7);
    std::chrono::milliseconds interval = std::chrono::minutes(10);
    std::set<std::string> uploads{};  ///< ids of those that go on: their files are kept at the start
  };

  /// Sweeps the data folder (construct it before anything is uploaded), then cleans every `interval`, the first
  /// time at once. Throws what the store throws.
  JobCleaner(Options options, JobStore& store, const DataFolder& data, ChangeFeed& feed, const Clock& clock);

  /// One pass; returns how many jobs went.
  int clean();

  /// Deletes all jobs of an owner, in any state, with their folders; returns how many there were.
  int remove_owner(const std::string& owner);

 private:
  const Options options_;
  JobStore& store_;
  const DataFolder& data_;
  ChangeFeed& feed_;
  const Clock& clock_;
  Ticker ticker_;
};

}  // namespace voxlate::jobs
