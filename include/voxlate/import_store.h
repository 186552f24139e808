#pragma once

#include <optional>
#include <string>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

/// A queued job whose source is to be fetched (`NewJob::source_url`).
struct Import {
  Job job;
  std::string url;
  int attempt = 0;  ///< attempts that failed so far
};

/// How far the fetching of a source is.
struct ImportProgress {
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< 0: unknown
};

/// What is still to be fetched. Each call is one transaction that is on disk when it returns; thread-safe. The calls
/// that change a job return false and change nothing once it is cancelled, deleted, or no longer waiting.
class ImportStore {
 public:
  virtual ~ImportStore() = default;

  /// The one that waits longest of those that may run, but for the jobs in `busy`.
  virtual std::optional<Import> next(TimePoint now, const std::vector<std::string>& busy) = 0;

  /// Whether the job still waits for its source.
  virtual bool is_wanted(const std::string& job_id) const = 0;

  /// Whether there is such a job, in whatever state.
  virtual bool is_known(const std::string& job_id) const = 0;

  /// The source is there: the job may be claimed.
  virtual bool complete(const std::string& job_id, const std::string& source_name, const MediaSummary& media,
                        TimePoint now) = 0;

  /// An attempt failed; there is another one at `retry_at`.
  virtual bool postpone(const std::string& job_id, const JobError& error, TimePoint retry_at) = 0;

  /// queued -> failed. A retry of the job fetches anew.
  virtual bool fail(const std::string& job_id, const JobError& error, TimePoint now) = 0;
};

}  // namespace voxlate
