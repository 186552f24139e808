#include "app/own_files.h"

#include <sys/xattr.h>

#include <string>

#include "base/file.h"
#include "base/hashing.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr const char* kAttribute = "user.voxlate.sha256";
constexpr std::size_t kHashLength = 64;
constexpr std::uint64_t kMaxResultBytes = std::uint64_t{256} << 20U;

}  // namespace

bool is_free_or_own(const std::filesystem::path& path) {
  if (!std::filesystem::exists(std::filesystem::symlink_status(path))) return true;
  std::string hash(kHashLength, '\0');
  if (::getxattr(path.c_str(), kAttribute, hash.data(), hash.size()) != static_cast<ssize_t>(kHashLength)) return false;
  return hash == sha256_hex(read_file(path, kMaxResultBytes));
}

void write_own_file(const std::filesystem::path& path, std::string_view content) {
  write_file_atomically(path, content);
  const std::string hash = sha256_hex(content);
  // A file system without attributes only means that the next run asks before it replaces the file.
  static_cast<void>(::setxattr(path.c_str(), kAttribute, hash.data(), hash.size(), 0));
}

}  // namespace voxlate::app
