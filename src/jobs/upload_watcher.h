#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "base/mutex.h"
#include "jobs/ticker.h"
#include "voxlate/arrival.h"
#include "voxlate/job_store.h"
#include "voxlate/upload_store.h"

namespace voxlate::jobs {

/// Looks after resumable uploads: those that expired go; a job on an upload begins when enough of it is there, gets
/// its media when all of it is, and fails when the upload is gone. Workers find such a job when they look the next
/// time. Files are looked into by several threads, so that one that takes long, as a hostile one may, holds up no other
/// job; never all of them are busy with one owner's files. Thread-safe.
class UploadWatcher {
 public:
  struct Options {
    int threads = 4;
    std::chrono::milliseconds interval = std::chrono::seconds(1);
    std::chrono::milliseconds expiry_interval = std::chrono::minutes(1);
    std::uint64_t first_bytes = 1 << 20;  ///< that a job needs to begin, unless that is all
    std::uint64_t more_bytes = 4 << 20;   ///< that have to come before a job whose upload stood still begins again
  };

  /// What is found out about media, by several threads at once; may throw Error.
  struct Media {
    /// Whether a file, of which so many bytes are there, can be read from the front.
    std::function<bool(const std::filesystem::path&, std::uint64_t available)> reads_from_front;
    std::function<MediaSummary(const std::filesystem::path&, const JobSpec&)> probe;
  };

  /// Cuts what was not acknowledged off the files of uploads; a file that is shorter than acknowledged is given up,
  /// with a line in the log. Construct it after the data folder was swept and before anything is uploaded.
  UploadWatcher(Options options, UploadStore& uploads, JobStore& jobs, const DataFolder& data, ChangeFeed& feed,
                const Clock& clock, Media media);

  /// Waits for the looks in progress, and begins no others.
  ~UploadWatcher();
  UploadWatcher(const UploadWatcher&) = delete;
  UploadWatcher& operator=(const UploadWatcher&) = delete;

  /// An upload got more bytes, or is gone. Cheap.
  void poke();

  /// How far the media of a job may be read; nothing to wait for when all of it is there.
  WaitForBytes arrival_of(const Job& job);

  /// Gives up all uploads of a user that is deleted.
  void remove_owner(const std::string& owner);

  /// One pass over all jobs, also those that another thread looks at: these are awaited.
  void look();

 private:
  class Look;
  enum class Others { kSkipped, kAwaited };

  void look(Others others);
  bool may_look_at(const Job& job) const REQUIRES(mutex_);
  void remove_expired();
  void look_at(const Job& job);
  void begin_if_enough(const Job& job, const Upload& upload);
  void hand_over(const Job& job, const Upload& upload);
  void fail(const Job& job);
  Arrival wait(const std::string& job_id, const std::string& upload_id, std::uint64_t beyond,
               std::chrono::milliseconds patience);
  Arrival arrived(const std::string& job_id, const std::string& upload_id) const;

  const Options options_;
  UploadStore& uploads_;
  JobStore& jobs_;
  const DataFolder& data_;
  ChangeFeed& feed_;
  const Clock& clock_;
  const Media media_;

  Mutex mutex_;
  ConditionVariable poked_;
  std::uint64_t pokes_ GUARDED_BY(mutex_) = 0;
  TimePoint next_expiry_ GUARDED_BY(mutex_){};
  std::map<std::string, std::uint64_t> begun_at_ GUARDED_BY(mutex_);  ///< by job: how much was there when it last began
  std::map<std::string, std::string> looked_at_ GUARDED_BY(mutex_);   ///< jobs with their owners
  ConditionVariable look_ended_;

  std::atomic<bool> stopping_ = false;
  std::deque<Ticker> threads_;
};

}  // namespace voxlate::jobs
