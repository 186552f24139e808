#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "base/mutex.h"
#include "jobs/retry_policy.h"
#include "jobs/ticker.h"
#include "voxlate/import_store.h"

namespace voxlate::jobs {

/// Fetches the sources of jobs that were given as an address, and hands the jobs to the workers. What was fetched when
/// the server stopped is not fetched again. Thread-safe.
class Importer {
 public:
  struct Options {
    int downloads = 2;  ///< at once; each has a thread; 0: what is to be fetched waits
    RetryPolicy retry{};
    std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
    std::chrono::milliseconds publish_interval = std::chrono::seconds(1);  ///< of progress
  };

  /// What a server said of the file that came.
  struct Fetched {
    std::string disposition;  ///< Content-Disposition
    std::string url;          ///< where it came from in the end
  };
  using Progress = std::function<void(const ImportProgress& progress)>;
  /// Brings what is at `url` to `target`, whole or not at all. Throws Error; `kCancelled` after a stop.
  using Fetch = std::function<Fetched(const std::string& url, const std::filesystem::path& target,
                                      const Progress& progress, const std::stop_token& stop)>;
  /// Looks into the file. Throws Error when there is nothing to transcribe.
  using Probe = std::function<MediaSummary(const std::filesystem::path& file, const JobSpec& spec)>;

  /// `wake` is called when a job may have become runnable.
  Importer(Options options, ImportStore& store, const DataFolder& data, ChangeFeed& feed, const Clock& clock,
           Fetch fetch, Probe probe, std::function<void()> wake);

  /// There may be something new, or a download that nobody wants any more. Cheap but for a look into the store.
  void poke();

  /// Of a download under way; nothing for any other job.
  std::optional<ImportProgress> progress(const std::string& job_id) const;

  /// Fetches the source of one job, if there is one to fetch now. What the threads call again and again.
  bool import_one(const std::stop_token& stop);

 private:
  class Download;

  void fetch(const Import& import, Download& download);
  void give_up(const Import& import, const JobError& error);

  const Options options_;
  ImportStore& store_;
  const DataFolder& data_;
  ChangeFeed& feed_;
  const Clock& clock_;
  const Fetch fetch_;
  const Probe probe_;
  const std::function<void()> wake_;

  mutable Mutex mutex_;
  std::map<std::string, Download*> downloads_ GUARDED_BY(mutex_);  ///< by job

  std::deque<Ticker> threads_;
};

/// The name of the file that an address leads to, for people: what the server says (RFC 6266), else the last part of
/// the path. Safe as a file name.
std::string import_name(const std::string& disposition, const std::string& url);

}  // namespace voxlate::jobs
