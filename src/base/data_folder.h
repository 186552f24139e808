#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/workspace.h"

namespace voxlate {

/// The folder that holds everything the server keeps: `voxlate.db jobs/ uploads/`. Holds an exclusive lock
/// on it for its lifetime. Thread-safe.
class DataFolder {
 public:
  /// Creates what is missing and takes the lock. Throws `kConflict` when another process has it,
  /// `kInvalidInput` when the folder cannot be used.
  explicit DataFolder(std::filesystem::path folder);

  const std::filesystem::path& path() const { return folder_; }
  std::filesystem::path database() const { return folder_ / "voxlate.db"; }
  std::filesystem::path uploads() const { return folder_ / "uploads"; }
  std::filesystem::path cache() const { return folder_ / "cache"; }  ///< made by who needs it

  /// The workspace of a job. Throws `kNotFound` unless `job_id` has the form of an id.
  Workspace workspace(std::string_view job_id) const;

  /// The file of a resumable upload. Throws `kNotFound` unless `upload_id` has the form of an id.
  std::filesystem::path upload(std::string_view upload_id) const;

  /// Deletes uploads that are not in `upload_ids`, temporary files, and the folders of jobs that are not in
  /// `job_ids`: what a killed server left. Called at start, before anything new is made. Returns how many entries
  /// went.
  int sweep(const std::set<std::string>& job_ids, const std::set<std::string>& upload_ids = {}) const;

  DiskSpace space() const { return disk_space(folder_); }

 private:
  const std::filesystem::path folder_;
  UniqueFd lock_;
};

}  // namespace voxlate
