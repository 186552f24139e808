#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace voxlate {

enum class ChangeKind {
  kJob,     ///< state or progress: read the job again
  kWindow,  ///< new text; the payload is its JSON
  kDeleted,
};

struct Change {
  std::uint64_t sequence = 0;  ///< grows by one; never 0
  ChangeKind kind = ChangeKind::kJob;
  std::string job_id;
  std::string owner;  ///< `Job::owner`
  std::string payload;
};

/// Broadcasts what happens to jobs to any number of readers, each at its own place. Keeps the newest
/// `capacity` changes; a reader that fell behind them learns so and starts from a snapshot. Thread-safe.
class ChangeFeed {
 public:
  explicit ChangeFeed(std::size_t capacity) : capacity_(capacity) {}

  void publish(ChangeKind kind, std::string_view job_id, std::string_view owner, std::string payload = {});

  struct Batch {
    std::vector<Change> changes;
    std::uint64_t next = 0;  ///< pass it as `after` next time
    bool missed = false;     ///< changes after `after` are no longer kept, or `after` is from another process
  };

  /// Which changes a reader wants.
  struct Interest {
    std::string job_id{};                ///< empty: of all jobs
    std::optional<std::string> owner{};  ///< only of this one's jobs; none: of everybody's

    bool matches(std::string_view job, std::string_view owner_of_job) const {
      return (job_id.empty() || job == job_id) && (!owner || owner_of_job == *owner);
    }

    auto operator<=>(const Interest&) const = default;
  };

  /// Waits until there is a change after `after`, until the time-out or a stop.
  Batch wait(std::uint64_t after, const Interest& interest, std::chrono::milliseconds timeout, std::stop_token stop);

  /// The sequence of the newest change: start here after taking a snapshot's place.
  std::uint64_t newest() const;

 private:
  Batch collect(std::uint64_t after, const Interest& interest) const REQUIRES(mutex_);

  const std::size_t capacity_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Change> changes_ GUARDED_BY(mutex_);
  std::uint64_t newest_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate
