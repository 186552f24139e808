#include "jobs/watched_tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/hashing.h"
#include "base/ids.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxEntries = 100'000;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;

constexpr std::array<std::string_view, 34> kMediaEndings = {
    "3gp", "aac", "ac3", "aif",  "aiff", "amr", "asf", "avi",  "flac", "flv", "m2ts", "m4a",
    "m4b", "m4v", "mka", "mkv",  "mov",  "mp2", "mp3", "mp4",  "mpeg", "mpg", "mts",  "mxf",
    "oga", "ogg", "ogv", "opus", "ts",   "vob", "wav", "webm", "wma",  "wmv"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

WatchedTree::Entry entry_of(const struct stat& status, std::string path) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {.path = std::move(path),
          .size_bytes = static_cast<std::uint64_t>(status.st_size),
          .modified_ns = status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

std::pair<std::string, std::string> split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

bool is_media_name(const std::string& name) {
  if (name.empty() || name.front() == '.' || name.front() == '~' || name.back() == '~') return false;
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  return std::ranges::find(kMediaEndings, lower(std::string_view(name).substr(dot + 1))) != kMediaEndings.end();
}

WatchedTree::WatchedTree(const std::filesystem::path& root)
    : root_(root), fd_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) {
    throw Error(ErrorCode::kInvalidInput,
                "cannot use the folder " + root.string() + ": " + std::generic_category().message(errno));
  }
}

WatchedTree::Listing WatchedTree::list() const {
  Listing listing;
  listing.folders.emplace_back();
  std::error_code error;
  constexpr auto kOptions = std::filesystem::directory_options::skip_permission_denied;  // and links are not followed
  std::filesystem::recursive_directory_iterator entries(root_, kOptions, error);
  for (std::size_t seen = 0; !error && entries != std::filesystem::recursive_directory_iterator() && seen < kMaxEntries;
       entries.increment(error), ++seen) {
    const std::string name = entries->path().filename().string();
    std::string path = entries->path().lexically_relative(root_).string();
    struct stat status {};
    if (::lstat(entries->path().c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) {
      if (name.starts_with('.') || entries.depth() >= kMaxDepth)
        entries.disable_recursion_pending();
      else
        listing.folders.push_back(std::move(path));
    } else if (S_ISREG(status.st_mode) && is_media_name(name)) {
      listing.files.push_back(entry_of(status, std::move(path)));
    }
  }
  std::ranges::sort(listing.files, {}, &Entry::path);
  return listing;
}

UniqueFd WatchedTree::open_beneath(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const char* const name = path.empty() ? "." : path.c_str();
  return UniqueFd(static_cast<int>(::syscall(SYS_openat2, fd_.get(), name, &how, sizeof how)));
}

UniqueFd WatchedTree::open(const std::string& path) const {
  UniqueFd file = open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file && errno == ENOENT) throw Error(ErrorCode::kNotFound, "the file is gone");
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    throw Error(ErrorCode::kInvalidInput, "the file cannot be read: " + std::generic_category().message(errno));
  }
  if (!S_ISREG(status.st_mode)) throw Error(ErrorCode::kInvalidInput, "it is no regular file");
  return file;
}

WatchedTree::Entry WatchedTree::look(const UniqueFd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_errno("cannot look at a watched file");
  return entry_of(status, path);
}

std::optional<std::string> WatchedTree::hash(const std::string& path) const {
  const UniqueFd file = open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::nullopt;
  Sha256 hash;
  std::vector<char> block(kBlockBytes);
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return hash.finish();
    hash.update({block.data(), static_cast<std::size_t>(got)});
  }
}

void WatchedTree::make_folders_for(const std::string& path) const {
  for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const auto [parent, name] = split(path.substr(0, slash));
    const UniqueFd folder = open_beneath(parent, O_PATH | O_DIRECTORY);
    if (!folder || (::mkdirat(folder.get(), name.c_str(), 0755) != 0 && errno != EEXIST)) {
      throw_errno("cannot make a folder for results");
    }
  }
}

bool WatchedTree::write(const std::string& path, std::string_view bytes, bool replace) const {
  const auto [parent, name] = split(path);
  const UniqueFd folder = open_beneath(parent, O_RDONLY | O_DIRECTORY);
  if (!folder) throw_errno("cannot open the folder for a result");
  const std::string temporary = ".voxlate-" + random_id();
  UniqueFd file(::openat(folder.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) throw_errno("cannot write a result");
  try {
    write_all(file.get(), bytes);
    sync_file(file.get());
  } catch (...) {
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    throw;
  }
  const unsigned flags = replace ? 0U : RENAME_NOREPLACE;
  const bool renamed = ::renameat2(folder.get(), temporary.c_str(), folder.get(), name.c_str(), flags) == 0;
  const int failure = errno;
  if (!renamed) ::unlinkat(folder.get(), temporary.c_str(), 0);
  if (!renamed && failure == EEXIST) return false;
  if (!renamed) {
    errno = failure;
    throw_errno("cannot name a result");
  }
  ::fsync(folder.get());
  return true;
}

}  // namespace voxlate::jobs
