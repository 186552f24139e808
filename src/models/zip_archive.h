#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct zip;

namespace voxlate::models {

struct ZipEntry {
  std::string name;  ///< any bytes but NUL; a folder's ends in '/'
  std::uint64_t size_bytes = 0;
  bool is_plain = true;     ///< a file or a folder: no link, no device
  bool is_readable = true;  ///< not encrypted, stored or deflated
};

/// A zip file, read through libzip. Memory is bounded by `max_entries`, whatever the file says: its end is looked at
/// before libzip trusts it. Not thread-safe.
class ZipArchive {
 public:
  /// Throws `kCorrupt` (no zip, cut, other bytes behind it), `kTooLarge` (more entries), `kNotFound`.
  ZipArchive(const std::filesystem::path& path, std::size_t max_entries);

  std::uint64_t size_bytes() const { return size_bytes_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }

  /// The content of an entry, in pieces of at most 64 KiB; its checksum is right when this returns.
  /// Throws `kCorrupt`, and what `take` throws.
  void read(std::size_t index, const std::function<void(std::string_view)>& take) const;

 private:
  struct Discard {
    void operator()(zip* archive) const;
  };

  std::uint64_t size_bytes_ = 0;
  std::unique_ptr<zip, Discard> archive_;
  std::vector<ZipEntry> entries_;
};

}  // namespace voxlate::models
