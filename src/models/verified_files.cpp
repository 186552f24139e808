#include "models/verified_files.h"

#include <sys/stat.h>

#include <charconv>
#include <string_view>

#include "base/file.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{1} << 20U;
constexpr std::size_t kDigestLength = 64;

/// Takes the text up to the next space off the front.
std::string_view next_word(std::string_view& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(std::min(space + 1, line.size()));
  return word;
}

template <typename Integer>
bool parse(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::optional<FileStamp> stamp_of(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileStamp{.size_bytes = static_cast<std::uint64_t>(status.st_size),
                   .modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::optional<std::string> VerifiedFiles::sha256_of(const std::filesystem::path& path, const FileStamp& stamp) const {
  const auto found = entries_.find(path.string());
  return found != entries_.end() && found->second.stamp == stamp ? std::optional(found->second.sha256) : std::nullopt;
}

void VerifiedFiles::remember(const std::filesystem::path& path, const FileStamp& stamp, const std::string& sha256) {
  load();  // another process may have added to it
  entries_[path.string()] = {.stamp = stamp, .sha256 = sha256};
  std::string text;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (!stamp_of(entry->first)) {
      entry = entries_.erase(entry);
      continue;
    }
    const auto& [name, known] = *entry++;
    if (name.find('\n') != std::string::npos) continue;
    text += known.sha256 + ' ' + std::to_string(known.stamp.size_bytes) + ' ' +
            std::to_string(known.stamp.modified_ns) + ' ' + name + '\n';
  }
  write_file_atomically(record_, text);
}

void VerifiedFiles::load() {
  std::string text;
  try {
    text = read_file(record_, kMaxRecordBytes);
  } catch (const Error&) {
    return;
  }
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    Entry entry;
    entry.sha256 = next_word(line);
    const bool sound = entry.sha256.size() == kDigestLength && parse(next_word(line), entry.stamp.size_bytes) &&
                       parse(next_word(line), entry.stamp.modified_ns) && !line.empty();
    if (sound) entries_[std::string(line)] = std::move(entry);
  }
}

}  // namespace voxlate::models
