#include "models/unpack.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/utf8.h"
#include "models/zip_archive.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

constexpr std::uint64_t kSmallBytes = std::uint64_t{16} << 20U;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kShownBytes = 100;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

/// The name for a message: short, one line.
std::string printable(std::string_view name) {
  std::string text = repair_utf8(name);
  std::replace_if(text.begin(), text.end(), is_control, '?');
  const std::string_view shown = truncate_utf8(text, kShownBytes);
  return '"' + std::string(shown) + (shown.size() < text.size() ? "…\"" : "\"");
}

Error refused(ErrorCode code, std::string_view name, const std::string& why) {
  return {code, printable(name) + " in the package: " + why};
}

/// What is wrong with one part of a path, or null.
const char* fault_in(std::string_view part) {
  if (part.empty()) return "has an empty part";
  if (part == "." || part == "..") return "leads out of its folder";
  if (part.size() > kLongestName) return "is too long";
  return nullptr;
}

void check_name(std::string_view name, int max_depth) {
  std::string_view rest = name;
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const char* fault = nullptr;
  if (!is_utf8(rest)) fault = "is not UTF-8";
  if (std::any_of(rest.begin(), rest.end(), [](char c) { return is_control(c) || c == '\\'; })) {
    fault = "has a control character or a backslash";
  }
  if (rest.starts_with('/')) fault = "is absolute";
  int depth = 0;
  for (bool more = true; more && fault == nullptr; ++depth) {
    const std::size_t slash = rest.find('/');
    fault = fault_in(rest.substr(0, slash));
    more = slash != std::string_view::npos;
    if (more) rest.remove_prefix(slash + 1);
  }
  if (fault != nullptr) throw refused(ErrorCode::kCorrupt, name, std::string("its name ") + fault);
  if (depth > max_depth) {
    throw refused(ErrorCode::kTooLarge, name,
                  "expected at most " + std::to_string(max_depth) + " folders deep, got " + std::to_string(depth));
  }
}

std::string without_slash(const std::string& name) {
  return name.substr(0, name.size() - (name.ends_with('/') ? 1 : 0));
}

void check_entry(const ZipEntry& entry, const UnpackOptions& options) {
  if (!entry.is_plain)
    throw refused(ErrorCode::kCorrupt, entry.name, "expected a file or folder, got a link or device");
  if (!entry.is_readable) {
    throw refused(ErrorCode::kUnsupported, entry.name, "expected it stored or deflated and not encrypted");
  }
  if (entry.size_bytes > options.max_file_bytes) {
    throw refused(ErrorCode::kTooLarge, entry.name,
                  "expected at most " + std::to_string(options.max_file_bytes) + " bytes, got " +
                      std::to_string(entry.size_bytes));
  }
}

void check_total(std::uint64_t total_bytes, std::uint64_t archive_bytes, const UnpackOptions& options) {
  const auto refuse = [](std::uint64_t limit, std::uint64_t got) {
    throw Error(ErrorCode::kTooLarge, "expected a package that unpacks to at most " + std::to_string(limit) +
                                          " bytes, got " + std::to_string(got));
  };
  if (total_bytes > options.max_total_bytes) refuse(options.max_total_bytes, total_bytes);
  const std::uint64_t likely_bytes = std::max(kSmallBytes, archive_bytes * options.max_ratio);
  if (total_bytes > likely_bytes) refuse(likely_bytes, total_bytes);
}

void check_space(const std::filesystem::path& parent, std::uint64_t total_bytes, const UnpackOptions& options) {
  const std::uint64_t free_bytes = disk_space(parent).free_bytes;
  if (free_bytes >= options.keep_free_bytes && free_bytes - options.keep_free_bytes >= total_bytes) return;
  constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20U;
  throw Error(ErrorCode::kStorageFull,
              "unpacking needs " + std::to_string((total_bytes + options.keep_free_bytes) / kMebibyte) +
                  " MiB of free disk space, there are " + std::to_string(free_bytes / kMebibyte));
}

/// The entries to write, all of them checked.
std::vector<std::size_t> choose(const ZipArchive& archive, const UnpackOptions& options) {
  if (archive.entries().size() > options.max_entries) {
    throw Error(ErrorCode::kTooLarge, "expected a package of at most " + std::to_string(options.max_entries) +
                                          " entries, got " + std::to_string(archive.entries().size()));
  }
  std::vector<std::size_t> chosen;
  std::set<std::string> names;
  std::uint64_t total_bytes = 0;
  for (std::size_t i = 0; i < archive.entries().size(); ++i) {
    const ZipEntry& entry = archive.entries()[i];
    check_name(entry.name, options.max_depth);
    if (!names.insert(without_slash(entry.name)).second) {
      throw refused(ErrorCode::kCorrupt, entry.name, "expected it once, got it twice");
    }
    if (options.is_wanted && !options.is_wanted(entry.name)) continue;
    check_entry(entry, options);
    total_bytes += entry.size_bytes;
    check_total(total_bytes, archive.size_bytes(), options);
    chosen.push_back(i);
  }
  return chosen;
}

void write_entry(const ZipArchive& archive, std::size_t index, const std::filesystem::path& folder,
                 const std::stop_token& stop) {
  const ZipEntry& entry = archive.entries()[index];
  const std::filesystem::path path = folder / without_slash(entry.name);
  std::error_code error;
  std::filesystem::create_directories(entry.name.ends_with('/') ? path : path.parent_path(), error);
  if (error) {
    const bool is_full = error == std::errc::no_space_on_device;
    throw refused(is_full ? ErrorCode::kStorageFull : ErrorCode::kCorrupt, entry.name,
                  "cannot make its folder: " + error.message());
  }
  if (entry.name.ends_with('/')) return;
  if (std::filesystem::exists(path, error)) throw refused(ErrorCode::kCorrupt, entry.name, "it is a folder too");
  const UniqueFd file = create_file(path);
  archive.read(index, [&](std::string_view bytes) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the unpacking of a package was stopped");
    write_all(file.get(), bytes);
  });
  sync_file(file.get());
}

void sync_folders(const std::filesystem::path& folder) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) sync_folder(entry->path());
  }
  if (error) throw Error(ErrorCode::kInternal, "cannot make a package durable: " + error.message());
  sync_folder(folder);
}

/// Deletes the folder unless it was kept.
class NewFolder {
 public:
  explicit NewFolder(const std::filesystem::path& path) : path_(path) {
    if (::mkdir(path.c_str(), 0700) == 0) return;
    if (errno == EEXIST) throw Error(ErrorCode::kConflict, "there is a folder where a package is to be unpacked");
    throw_errno("cannot make the folder of a package");
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!kept_) std::filesystem::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  void keep() { kept_ = true; }

 private:
  const std::filesystem::path& path_;
  bool kept_ = false;
};

}  // namespace

void unpack(const std::filesystem::path& archive, const std::filesystem::path& folder, const UnpackOptions& options,
            const std::stop_token& stop) {
  const ZipArchive zip(archive, options.max_entries);
  const std::vector<std::size_t> chosen = choose(zip, options);
  std::uint64_t total_bytes = 0;
  for (const std::size_t index : chosen) total_bytes += zip.entries()[index].size_bytes;
  check_space(folder.parent_path(), total_bytes, options);
  NewFolder target(folder);
  for (const std::size_t index : chosen) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the unpacking of a package was stopped");
    write_entry(zip, index, folder, stop);
  }
  sync_folders(folder);
  target.keep();
}

}  // namespace voxlate::models
