#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/ids.h"
#include "voxlate/error.h"

namespace voxlate {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

void throw_errno(std::string_view what) {
  const int error = errno;
  ErrorCode code = ErrorCode::kInternal;
  if (error == ENOSPC || error == EDQUOT) code = ErrorCode::kStorageFull;
  if (error == ENOENT) code = ErrorCode::kNotFound;
  throw Error(code, std::string(what) + ": " + std::strerror(error));
}

UniqueFd open_for_reading(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    if (errno == EACCES) throw Error(ErrorCode::kInvalidInput, "the file is not readable: permission denied");
    throw_errno("cannot open the file");
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw_errno("cannot look at the file");
  if (!S_ISREG(status.st_mode))
    throw Error(ErrorCode::kInvalidInput, "expected a regular file, got a folder or a device");
  return fd;
}

UniqueFd create_file(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) throw_errno("cannot create a file");
  return fd;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_errno("cannot write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

UniqueFd open_for_writing(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) throw_errno("cannot open a file for writing");
  return fd;
}

void write_all_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_errno("cannot write");
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void truncate_file(int fd, std::uint64_t size_bytes) {
  if (::ftruncate(fd, static_cast<off_t>(size_bytes)) != 0) throw_errno("cannot change the size of a file");
}

namespace {

// For file systems whose kernel side cannot copy.
std::uint64_t copy_by_hand(int from, std::uint64_t read_at, int to, std::uint64_t write_at) {
  std::string block(1U << 20U, '\0');
  while (true) {
    const ssize_t got = ::pread(from, block.data(), block.size(), static_cast<off_t>(read_at));
    if (got == 0) return read_at;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read the file");
    write_all_at(to, std::string_view(block).substr(0, static_cast<std::size_t>(got)), write_at);
    read_at += static_cast<std::uint64_t>(got);
    write_at += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

std::uint64_t copy_file_to(int from, int to, std::uint64_t offset) {
  constexpr std::size_t kBlock = std::size_t{64} << 20U;
  loff_t read_at = 0;
  auto write_at = static_cast<loff_t>(offset);
  while (true) {
    const ssize_t copied = ::copy_file_range(from, &read_at, to, &write_at, kBlock, 0);
    if (copied == 0) return static_cast<std::uint64_t>(read_at);
    if (copied > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) throw_errno("cannot copy a file");
    return copy_by_hand(from, static_cast<std::uint64_t>(read_at), to, static_cast<std::uint64_t>(write_at));
  }
}

std::uint64_t file_size(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno("cannot look at the file");
  return static_cast<std::uint64_t>(status.st_size);
}

void sync_data(int fd) {
  if (::fdatasync(fd) != 0) throw_errno("cannot make a file durable");
}

void sync_file(int fd) {
  if (::fsync(fd) != 0) throw_errno("cannot make a file durable");
}

void sync_folder(const std::filesystem::path& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw_errno("cannot make a folder durable");
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  const std::filesystem::path temporary = folder / (".tmp-" + random_id());
  // Removes the temporary file unless the rename happened.
  struct Guard {
    const std::filesystem::path& path;
    bool armed = true;
    ~Guard() {
      if (armed) ::unlink(path.c_str());
    }
  };
  const UniqueFd fd = create_file(temporary);
  Guard guard{temporary};
  write_all(fd.get(), bytes);
  sync_file(fd.get());
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("cannot rename a file");
  guard.armed = false;
  sync_folder(folder);
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const UniqueFd fd = open_for_reading(path);
  const std::uint64_t size_bytes = file_size(fd.get());
  if (size_bytes > max_bytes) {
    throw Error(ErrorCode::kTooLarge, "expected a file of at most " + std::to_string(max_bytes) + " bytes, got " +
                                          std::to_string(size_bytes));
  }
  std::string content(size_bytes, '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(fd.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read the file");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

DiskSpace disk_space(const std::filesystem::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) throw_errno("cannot ask for the free space");
  return {.free_bytes = std::uint64_t{status.f_bavail} * status.f_frsize,
          .total_bytes = std::uint64_t{status.f_blocks} * status.f_frsize};
}

}  // namespace voxlate
