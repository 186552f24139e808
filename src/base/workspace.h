#pragma once

#include <filesystem>
#include <string_view>

#include "base/file.h"

namespace voxlate {

/// The folder of one job: `source` is the uploaded media (no extension, so that no tool guesses from it),
/// `files/` holds the results. Names are validated; no path is ever built from a client's text alone.
/// A value; thread-safe as the file system is.
class Workspace {
 public:
  explicit Workspace(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Makes the folders, durable. Throws `kStorageFull`.
  void create() const;

  std::filesystem::path source() const { return folder_ / "source"; }

  /// Writes `files/name` so that readers see all of it or nothing.
  void write_atomically(std::string_view name, std::string_view bytes) const;

  /// The path of `files/name`. Throws `kNotFound` for a name that no result can have.
  std::filesystem::path file(std::string_view name) const;

  /// Opens `files/name`. Throws `kNotFound`, also for a name that no result can have.
  UniqueFd open(std::string_view name) const;

  /// Deletes everything; no error when it is gone already.
  void remove() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace voxlate
