#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"

namespace voxlate::jobs {

/// A folder and what is below it, and nothing else: no link is followed, neither to look nor to read nor to write, and
/// none that is put in the way between two looks either (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). Paths
/// are relative to the folder. A value; thread-safe as the file system is.
class WatchedTree {
 public:
  /// Throws `kInvalidInput` when there is no such folder.
  explicit WatchedTree(const std::filesystem::path& root);

  struct Entry {
    std::string path;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
  };
  struct Listing {
    std::vector<Entry> files;          ///< regular files with the ending of a media file, partial downloads left out
    std::vector<std::string> folders;  ///< the root is ""
  };
  Listing list() const;

  /// Opens for reading. Throws `kNotFound`, `kInvalidInput` (not readable, or no regular file).
  UniqueFd open(const std::string& path) const;

  /// Size and time of change of what was opened.
  static Entry look(const UniqueFd& file, const std::string& path);

  /// SHA-256 of a file; nothing when there is none.
  std::optional<std::string> hash(const std::string& path) const;

  /// Makes the folders that lead to `path`.
  void make_folders_for(const std::string& path) const;

  /// Writes the file so that readers see all of it or nothing. Without `replace` an existing one stays and the answer
  /// is false.
  bool write(const std::string& path, std::string_view bytes, bool replace) const;

  /// For inotify.
  std::filesystem::path absolute(const std::string& path) const { return path.empty() ? root_ : root_ / path; }

 private:
  UniqueFd open_beneath(const std::string& path, int flags) const;

  std::filesystem::path root_;
  UniqueFd fd_;
};

/// Whether a file of this name may be media that is there as a whole: by its ending, and not hidden or temporary.
bool is_media_name(const std::string& name);

}  // namespace voxlate::jobs
