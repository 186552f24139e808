#include "store/ballast.h"

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

#include "base/file.h"
#include "base/log.h"

namespace voxlate::store {

Ballast::Ballast(std::filesystem::path path, std::uint64_t size_bytes)
    : path_(std::move(path)), size_bytes_(size_bytes) {
  std::error_code absent;
  present_ = std::filesystem::file_size(path_, absent) == size_bytes_ && !absent;
  if (!present_ && size_bytes_ > 0 && !ensure()) {
    log::warning("no room for the ballast file: the disk is nearly full", {{"ballast_bytes", size_bytes_}});
  }
}

bool Ballast::ensure() {
  if (present_ || size_bytes_ == 0) return true;
  if (disk_space(path_.parent_path()).free_bytes < 2 * size_bytes_) return false;
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  present_ = fd && ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size_bytes_)) == 0 && ::fsync(fd.get()) == 0;
  if (!present_) std::filesystem::remove(path_, ignored);
  return present_;
}

bool Ballast::release() {
  if (!present_) return false;
  present_ = false;
  std::error_code failed;
  std::filesystem::remove(path_, failed);
  if (failed) return false;
  sync_folder(path_.parent_path());
  log::warning("disk full: ballast file released", {{"ballast_bytes", size_bytes_}});
  return true;
}

}  // namespace voxlate::store
