#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/hashing.h"

namespace voxlate::remote {

/// Names of the files beside `target` that hold a download not finished yet.
std::filesystem::path part_path(const std::filesystem::path& target);
std::filesystem::path etag_path(const std::filesystem::path& target);

/// What is there of a download: `<target>.part`, with the server's mark of its version in `<target>.part.etag`.
/// Locked while the object lives, so that two processes never write one part. Not thread-safe.
class PartFile {
 public:
  /// Opens what an earlier download left, or creates the file. Throws `kConflict` when another process has it.
  explicit PartFile(std::filesystem::path target);
  /// An empty part leaves nothing behind.
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  /// Reads what is there into the checksum; called once, before anything else. Throws `kCancelled`.
  void hash_existing(const std::stop_token& stop);

  std::uint64_t size() const { return size_bytes_; }
  const std::string& etag() const { return etag_; }

  /// Drops what is there; what follows is of the version `etag` (empty: the server does not tell).
  void restart(std::string_view etag);

  void append(std::string_view bytes);

  /// SHA-256 of the whole; nothing is appended afterwards.
  std::string finish_checksum() { return hash_.finish(); }

  /// Makes the content durable and gives it its name: whoever sees `target` sees all of it.
  void publish();

  /// Deletes the part.
  void discard();

 private:
  const std::filesystem::path target_;
  UniqueFd fd_;
  Sha256 hash_;
  std::uint64_t size_bytes_ = 0;
  std::string etag_;
};

}  // namespace voxlate::remote
