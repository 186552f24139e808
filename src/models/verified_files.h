#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace voxlate::models {

/// What tells one content of a file from another without reading it.
struct FileStamp {
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

/// Nothing when `path` is no regular file (links are followed).
std::optional<FileStamp> stamp_of(const std::filesystem::path& path);

/// Remembers checksums over restarts, so that gigabytes are not read again for a file that did not change. A record
/// that is lost or cannot be read only costs that time. Not thread-safe.
///
///   record = *line
///   line   = sha256 SP size SP modified-ns SP path LF
class VerifiedFiles {
 public:
  explicit VerifiedFiles(std::filesystem::path record) : record_(std::move(record)) { load(); }

  std::optional<std::string> sha256_of(const std::filesystem::path& path, const FileStamp& stamp) const;

  /// Entries of files that are gone are dropped with it. Throws `kStorageFull`.
  void remember(const std::filesystem::path& path, const FileStamp& stamp, const std::string& sha256);

 private:
  struct Entry {
    FileStamp stamp;
    std::string sha256;
  };

  void load();

  const std::filesystem::path record_;
  std::map<std::string, Entry> entries_;  // by path
};

}  // namespace voxlate::models
