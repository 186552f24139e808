#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace voxlate {

/// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

/// Throws the Error for `errno` after a failed file operation: ENOSPC and EDQUOT are `kStorageFull`, ENOENT
/// `kNotFound`, the rest `kInternal`. `what` says which operation, without a path.
[[noreturn]] void throw_errno(std::string_view what);

/// Opens for reading, close-on-exec. Throws `kNotFound`, `kInvalidInput` (not a regular file, not readable).
UniqueFd open_for_reading(const std::filesystem::path& path);

/// Creates a new file for writing, mode 0600; it must not exist.
UniqueFd create_file(const std::filesystem::path& path);

/// Writes all of `bytes`, over short writes and EINTR.
void write_all(int fd, std::string_view bytes);

/// Opens an existing file for writing.
UniqueFd open_for_writing(const std::filesystem::path& path);

/// Same as write_all, at a place of the file.
void write_all_at(int fd, std::string_view bytes, std::uint64_t offset);

/// Makes the file exactly so long.
void truncate_file(int fd, std::uint64_t size_bytes);

/// Adds the whole of `from` to the file `to` at `offset`, in the kernel where it can; returns how much that was.
std::uint64_t copy_file_to(int from, int to, std::uint64_t offset);

std::uint64_t file_size(int fd);

/// Makes content and name durable.
void sync_data(int fd);  ///< only what is needed to read the content again
void sync_file(int fd);
void sync_folder(const std::filesystem::path& folder);

/// Temp file beside it, fsync, rename, fsync of the folder: readers see the old content or the new one,
/// never a part. On failure the old content stays and nothing is left behind.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The whole file. Throws `kTooLarge` above `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

struct DiskSpace {
  std::uint64_t free_bytes = 0;  ///< for an unprivileged process
  std::uint64_t total_bytes = 0;
};
DiskSpace disk_space(const std::filesystem::path& folder);

}  // namespace voxlate
