#include "cache/file_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "base/hashing.h"
#include "base/log.h"
#include "cache/packed_value.h"

namespace voxlate::cache {
namespace {

constexpr std::string_view kMagic = "vxc1";
constexpr std::string_view kTemporaryPrefix = ".tmp-";
constexpr std::size_t kHeadBytes = 4 + 4 + 8 + 4;
constexpr std::size_t kNameDigits = 32;
constexpr std::size_t kMaxSpares = 16;
constexpr std::size_t kClearedAtOnce = 256;  // files that a lock is held for

std::uint64_t bytes_on_disk(std::uint64_t file_bytes) {
  return (file_bytes + FileCache::kBlockBytes - 1) / FileCache::kBlockBytes * FileCache::kBlockBytes;
}

UniqueFd open_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return UniqueFd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::string file_head(std::string_view key, TimePoint expires_at) {
  std::string checked;
  append_number(checked, static_cast<std::uint64_t>(expires_at.time_since_epoch().count()), 8);
  append_number(checked, key.size(), 4);
  checked += key;
  std::string head(kMagic);
  append_number(head, crc32_of(checked), 4);
  return head + checked;
}

/// The packed value behind the head; nothing unless the head is one that was written for `key`.
std::optional<std::string_view> packed_behind_head(std::string_view file, std::string_view key) {
  const std::size_t head_bytes = kHeadBytes + key.size();
  if (file.size() < head_bytes || !file.starts_with(kMagic)) return std::nullopt;
  const std::string_view checked = file.substr(8, head_bytes - 8);
  if (read_number(file.substr(4), 4) != crc32_of(checked)) return std::nullopt;
  if (read_number(checked.substr(8), 4) != key.size() || checked.substr(12) != key) return std::nullopt;
  return file.substr(head_bytes);
}

/// False with `errno` set.
bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> read_whole(int fd, std::size_t size) {
  std::string content(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd, content.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(got);
  }
  return content;
}

timespec to_timespec(TimePoint time) {
  const auto ms = time.time_since_epoch().count();
  return {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1'000'000};
}

TimePoint to_time(const timespec& time) {
  return TimePoint(std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_nsec / 1'000'000));
}

}  // namespace

FileCache::FileCache(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), folder_(open_folder(options_.folder)) {
  if (folder_)
    take_over_folder();
  else
    note_failure("its folder cannot be used");
}

std::optional<std::string> FileCache::get(std::string_view key) {
  const TimePoint now = clock_.now();
  const Name name = name_of(key);
  std::uint64_t write = 0;
  {
    const MutexLock lock(mutex_);
    const auto place = map_.find(name);
    if (!place || is_over((*place)->expires_at, now)) {
      if (place) remove_place(*place);
      ++counts_.misses;
      return std::nullopt;
    }
    map_.use(*place);
    write = (*place)->value;
  }
  std::optional<std::string> value = read(name, key);
  const MutexLock lock(mutex_);
  if (value) {
    ++counts_.hits;
    return value;
  }
  ++counts_.misses;
  const auto place = map_.find(name);
  if (place && (*place)->value == write) {  // else it was replaced or removed meanwhile
    remove_place(*place);
    ++counts_.errors;
  }
  return std::nullopt;
}

void FileCache::put(std::string_view key, std::string_view value, std::chrono::seconds ttl) {
  const Name name = name_of(key);
  const TimePoint expires_at = end_of_life(clock_.now(), ttl.count() > 0 ? ttl : options_.ttl);
  const bool fits = key.size() + value.size() <= kMaxPackedValueBytes;
  const std::string bytes = fits ? file_head(key, expires_at) + pack_value(value, options_.compression) : "";
  const std::uint64_t on_disk = bytes_on_disk(bytes.size());
  const bool keep = fits && on_disk <= options_.max_bytes;
  const std::string temporary = keep ? take_temporary() : "";
  const bool written = keep && write(temporary, bytes, expires_at);
  const MutexLock lock(mutex_);
  if (const auto place = map_.find(name)) set_aside(*place);
  if (keep && !written) ++counts_.errors;
  if (!written) return;
  if (::renameat(folder_.get(), temporary.c_str(), folder_.get(), text_of(name).c_str()) != 0) {
    ++counts_.errors;
    ::unlinkat(folder_.get(), temporary.c_str(), 0);
    return;
  }
  map_.add({.key = name, .value = ++numbers_, .bytes = on_disk, .expires_at = expires_at});
  ++counts_.stored;
  while (map_.is_over_limits(options_.max_entries, options_.max_bytes)) {
    set_aside(map_.oldest());
    ++counts_.evictions;
  }
}

void FileCache::erase(std::string_view key) {
  const Name name = name_of(key);
  const MutexLock lock(mutex_);
  if (const auto place = map_.find(name)) remove_place(*place);
}

/// Some at a time, so that others get their turn; what is put meanwhile may go too.
std::uint64_t FileCache::clear() {
  std::uint64_t bytes = 0;
  std::size_t left = 0;
  {
    const MutexLock lock(mutex_);
    left = map_.size();
    for (const std::string& spare : spares_) ::unlinkat(folder_.get(), spare.c_str(), 0);
    spares_.clear();
  }
  while (left > 0) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < kClearedAtOnce && left > 0; ++i, --left) {
      if (map_.empty()) return bytes;
      const Map::Place place = map_.oldest();
      bytes += place->bytes;
      remove_place(place);
    }
  }
  return bytes;
}

void FileCache::remove_expired() {
  const TimePoint now = clock_.now();
  const MutexLock lock(mutex_);
  for (const Map::Entry& entry : map_.take_expired(now)) remove_file(entry.key);
}

CacheStats FileCache::stats() const {
  const MutexLock lock(mutex_);
  CacheStats stats = counts_;
  stats.entries = map_.size();
  stats.bytes = map_.bytes();
  stats.max_entries = options_.max_entries;
  stats.max_bytes = options_.max_bytes;
  return stats;
}

FileCache::Name FileCache::name_of(std::string_view key) {
  return parse_name(std::string_view(sha256_hex(key)).substr(0, kNameDigits)).value_or(Name{});
}

std::string FileCache::text_of(const Name& name) { return fmt::format("{:016x}{:016x}", name.high, name.low); }

std::optional<FileCache::Name> FileCache::parse_name(std::string_view text) {
  constexpr std::size_t kHalf = kNameDigits / 2;
  if (text.size() != kNameDigits || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  Name name;
  std::from_chars(text.data(), text.data() + kHalf, name.high, 16);
  std::from_chars(text.data() + kHalf, text.data() + kNameDigits, name.low, 16);
  return name;
}

/// The order of use is not kept: those that expire soonest are taken for the oldest.
void FileCache::take_over_folder() {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir(options_.folder.c_str()));
  std::vector<Map::Entry> entries;
  const TimePoint now = clock_.now();
  while (const dirent* const found = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string_view file = found->d_name;
    const auto name = parse_name(file);
    struct stat status {};
    if (file.starts_with(kTemporaryPrefix)) ::unlinkat(folder_.get(), found->d_name, 0);
    if (!name || ::fstatat(folder_.get(), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const TimePoint expires_at = to_time(status.st_mtim);
    if (!S_ISREG(status.st_mode) || is_over(expires_at, now)) {
      remove_file(*name);
      continue;
    }
    const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
    entries.push_back({.key = *name, .value = 0, .bytes = bytes_on_disk(file_bytes), .expires_at = expires_at});
  }
  std::sort(entries.begin(), entries.end(), [](const Map::Entry& a, const Map::Entry& b) {
    return a.expires_at != kNever && (b.expires_at == kNever || a.expires_at < b.expires_at);
  });
  const MutexLock lock(mutex_);
  for (Map::Entry& entry : entries) map_.add(std::move(entry));
  while (map_.is_over_limits(options_.max_entries, options_.max_bytes)) remove_place(map_.oldest());
}

/// Nothing when the file is gone, damaged, or another one than was written for `key`.
std::optional<std::string> FileCache::read(const Name& name, std::string_view key) const {
  const UniqueFd fd(::openat(folder_.get(), text_of(name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > 2 * kMaxPackedValueBytes) return std::nullopt;
  const std::optional<std::string> file = read_whole(fd.get(), size);
  const auto packed = file ? packed_behind_head(*file, key) : std::nullopt;
  return packed ? unpack_value(*packed, kMaxPackedValueBytes) : std::nullopt;
}

/// A name for a file that is being written; there may be one to write over.
std::string FileCache::take_temporary() {
  {
    const MutexLock lock(mutex_);
    if (!spares_.empty()) {
      std::string spare = std::move(spares_.back());
      spares_.pop_back();
      return spare;
    }
  }
  return fmt::format("{}{}", kTemporaryPrefix, ++numbers_);
}

/// The file under its temporary name; false: there is none.
bool FileCache::write(const std::string& temporary, std::string_view bytes, TimePoint expires_at) {
  if (!folder_ || !has_room()) {
    note_failure("the disk is nearly full");
    if (folder_) ::unlinkat(folder_.get(), temporary.c_str(), 0);
    return false;
  }
  const UniqueFd fd(::openat(folder_.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::array<timespec, 2> times = {timespec{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, to_timespec(expires_at)};
  if (fd && write_whole(fd.get(), bytes) && ::ftruncate(fd.get(), static_cast<off_t>(bytes.size())) == 0 &&
      ::futimens(fd.get(), times.data()) == 0) {
    if (failing_.exchange(false)) log::info("cache stores again", {{"folder", options_.folder.filename().string()}});
    return true;
  }
  note_failure(std::strerror(errno));
  ::unlinkat(folder_.get(), temporary.c_str(), 0);
  return false;
}

bool FileCache::has_room() const {
  if (options_.min_free_bytes == 0) return true;
  struct statvfs status {};
  if (::fstatvfs(folder_.get(), &status) != 0) return false;
  return std::uint64_t{status.f_bavail} * status.f_frsize >= options_.min_free_bytes;
}

void FileCache::remove_file(const Name& name) const { ::unlinkat(folder_.get(), text_of(name).c_str(), 0); }

void FileCache::remove_place(Map::Place place) {
  remove_file(place->key);
  map_.take(place);
}

/// For one that makes way for another.
void FileCache::set_aside(Map::Place place) {
  std::string spare = fmt::format("{}{}", kTemporaryPrefix, ++numbers_);
  if (spares_.size() < kMaxSpares &&
      ::renameat(folder_.get(), text_of(place->key).c_str(), folder_.get(), spare.c_str()) == 0) {
    spares_.push_back(std::move(spare));
    map_.take(place);
  } else {
    remove_place(place);
  }
}

void FileCache::note_failure(std::string_view what) {
  if (failing_.exchange(true)) return;
  log::warning("cache does not store now", {{"folder", options_.folder.filename().string()}, {"reason", what}});
}

}  // namespace voxlate::cache
