#include "remote/part_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::remote {
namespace {

constexpr std::uint64_t kMaxEtagBytes = 256;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;

std::filesystem::path with_suffix(std::filesystem::path path, const char* suffix) { return path += suffix; }

/// Whether `path` still names the open file: the process that had the lock may have renamed it.
bool names(const std::filesystem::path& path, int fd) {
  struct stat by_name {};
  struct stat open {};
  return ::lstat(path.c_str(), &by_name) == 0 && ::fstat(fd, &open) == 0 && by_name.st_dev == open.st_dev &&
         by_name.st_ino == open.st_ino;
}

UniqueFd open_locked(const std::filesystem::path& path) {
  UniqueFd fd;
  do {
    fd = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw_errno("cannot open the unfinished download");
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      throw Error(ErrorCode::kConflict, "another voxlate process is downloading this file");
    }
  } while (!names(path, fd.get()));
  return fd;
}

std::string read_etag(const std::filesystem::path& path) {
  try {
    return read_file(path, kMaxEtagBytes);
  } catch (const Error&) {
    return {};  // without it the download still resumes, and its checksum decides
  }
}

}  // namespace

std::filesystem::path part_path(const std::filesystem::path& target) { return with_suffix(target, ".part"); }
std::filesystem::path etag_path(const std::filesystem::path& target) { return with_suffix(target, ".part.etag"); }

PartFile::PartFile(std::filesystem::path target)
    : target_(std::move(target)),
      fd_(open_locked(part_path(target_))),
      size_bytes_(file_size(fd_.get())),
      etag_(read_etag(etag_path(target_))) {}

PartFile::~PartFile() {
  if (size_bytes_ == 0) discard();
}

void PartFile::hash_existing(const std::stop_token& stop) {
  std::vector<char> block(static_cast<std::size_t>(std::min<std::uint64_t>(kBlockBytes, size_bytes_)));
  for (std::uint64_t done = 0; done < size_bytes_;) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the download was stopped");
    const ssize_t got = ::pread(fd_.get(), block.data(), block.size(), static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno("cannot read the unfinished download");
    if (got == 0) throw Error(ErrorCode::kInternal, "the unfinished download became shorter");
    hash_.update({block.data(), static_cast<std::size_t>(got)});
    done += static_cast<std::uint64_t>(got);
  }
}

void PartFile::restart(std::string_view etag) {
  if (::ftruncate(fd_.get(), 0) != 0) throw_errno("cannot empty the unfinished download");
  size_bytes_ = 0;
  hash_ = Sha256();
  etag_ = etag.size() <= kMaxEtagBytes ? etag : std::string_view();
  if (etag_.empty()) {
    std::error_code absent;
    std::filesystem::remove(etag_path(target_), absent);
  } else {
    write_file_atomically(etag_path(target_), etag_);
  }
}

void PartFile::append(std::string_view bytes) {
  write_all(fd_.get(), bytes);
  hash_.update(bytes);
  size_bytes_ += bytes.size();
}

void PartFile::publish() {
  sync_file(fd_.get());
  if (::rename(part_path(target_).c_str(), target_.c_str()) != 0) throw_errno("cannot rename the finished download");
  sync_folder(target_.parent_path());
  std::error_code absent;
  std::filesystem::remove(etag_path(target_), absent);
}

void PartFile::discard() {
  std::error_code absent;
  std::filesystem::remove(part_path(target_), absent);
  std::filesystem::remove(etag_path(target_), absent);
}

}  // namespace voxlate::remote
