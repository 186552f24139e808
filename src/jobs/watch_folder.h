#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/change_feed.h"
#include "base/clock.h"
#include "base/data_folder.h"
#include "jobs/ticker.h"
#include "jobs/watched_tree.h"
#include "voxlate/job_store.h"
#include "voxlate/watch_store.h"

namespace voxlate::jobs {

/// Makes a job of each media file that is put into a folder, and writes its results beside it. A file is taken once,
/// when nobody writes to it any more; what was taken is remembered over restarts by path, size, time and content.
/// Results never replace a file that was not written here. Only its own threads and tests call it.
class WatchFolder {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path output;  ///< empty: beside the media
    JobSpec spec;                  ///< of every job, but for the name; results in its formats are written
    std::chrono::milliseconds settle = std::chrono::seconds(5);  ///< without a change
    std::chrono::milliseconds interval = std::chrono::seconds(2);
    std::uint64_t max_file_bytes = UINT64_MAX;
    std::uint64_t min_free_disk_bytes = 0;
    int max_queued_jobs = 1000;
    bool threads = true;  ///< tests look by themselves
  };
  using Probe = std::function<MediaSummary(const std::filesystem::path& file, const JobSpec& spec)>;
  /// Fills defaults. Throws Error when there can be no such job now.
  using Complete = std::function<void(JobSpec& spec)>;

  /// Throws `kInvalidInput` when the folder cannot be used.
  WatchFolder(Options options, JobStore& jobs, WatchStore& memory, const DataFolder& data, ChangeFeed& feed,
              const Clock& clock, Complete complete, Probe probe, std::function<void()> wake);

  /// One pass: takes what settled, writes what is ready. Returns how many files were taken.
  int look();

  /// Waits for changes below the folder at most so long; false when there were none. What is being written is known
  /// from them.
  bool wait_for_changes(std::chrono::milliseconds time);

 private:
  struct Seen {
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
    TimePoint since{};
  };

  bool is_settled(const WatchedTree::Entry& entry);
  bool is_known(const WatchedTree::Entry& entry) const;
  JobSpec spec_for(const WatchedTree::Entry& entry) const;
  bool take(const WatchedTree::Entry& entry);
  bool enqueue(const WatchedFile& file, const std::filesystem::path& copy, JobSpec spec, const MediaSummary& media);
  void refuse(const WatchedTree::Entry& entry, const std::string& sha256, const std::string& why);
  void settle_accounts(WatchedFile file);
  std::string write_results(const WatchedFile& file, const Job& job);
  bool write_result(const WatchedFile& file, const std::string& path, const std::string& bytes);
  void watch(const std::vector<std::string>& folders);
  void note_event(const std::string& path, unsigned mask);
  bool has_room(std::uint64_t size_bytes) const;

  const Options options_;
  const WatchedTree tree_;
  const std::optional<WatchedTree> output_;
  JobStore& jobs_;
  WatchStore& memory_;
  const DataFolder& data_;
  ChangeFeed& feed_;
  const Clock& clock_;
  const Complete complete_;
  const Probe probe_;
  const std::function<void()> wake_;

  UniqueFd inotify_;
  std::map<int, std::string> watches_;  ///< folders by their watch
  std::map<std::string, Seen> seen_;
  std::set<std::string> being_written_;

  std::jthread thread_;
};

}  // namespace voxlate::jobs
