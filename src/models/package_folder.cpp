#include "models/package_folder.h"

#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/hashing.h"
#include "base/log.h"
#include "base/utf8.h"
#include "models/checksum.h"
#include "models/package_index.h"
#include "remote/part_file.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using std::filesystem::path;

constexpr std::size_t kMostEntries = 1000;
constexpr std::string_view kArchiveSuffix = ".argosmodel";
constexpr std::string_view kStageSuffix = ".unpacking";
constexpr std::string_view kRemovedSuffix = ".removed";

/// Names that can be shown, logged and put into a URL.
bool is_shown_name(const std::string& name) {
  const bool plain = std::none_of(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; });
  return plain && is_utf8(name) && !name.starts_with('.');
}

bool is_archive(std::string_view name) { return name.ends_with(kArchiveSuffix) && name.size() > kArchiveSuffix.size(); }

std::string without_suffix(std::string_view name, std::string_view suffix) {
  return std::string(name.substr(0, name.size() - suffix.size()));
}

/// Hidden, so that no scan takes it for a model.
path hidden(const path& folder, std::string_view name, std::string_view suffix) {
  return folder / ('.' + std::string(name) + std::string(suffix));
}

/// What tells one content of a folder from another: names, sizes and times of what is directly in it and in model/.
FileStamp stamp_of_folder(const path& folder) {
  FileStamp stamp;
  std::string facts;
  for (const path& part : {folder, folder / "model"}) {
    std::set<std::string> lines;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(part, error), end;
         !error && entry != end && lines.size() < kMostEntries; entry.increment(error)) {
      const auto file = stamp_of(entry->path());
      if (!file) continue;
      stamp.size_bytes += file->size_bytes;
      lines.insert(entry->path().filename().string() + '/' + std::to_string(file->size_bytes) + '/' +
                   std::to_string(file->modified_ns) + '\n');
    }
    for (const std::string& line : lines) facts += line;
  }
  for (const char digit : sha256_hex(facts).substr(0, 15)) {
    stamp.modified_ns = stamp.modified_ns * 16 + (digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return stamp;
}

/// The folder that the package itself is: archives hold one folder with everything in it.
path root_of(const path& stage) {
  path only;
  std::error_code error;
  int count = 0;
  for (std::filesystem::directory_iterator entry(stage, error), end; !error && entry != end; entry.increment(error)) {
    if (++count == 1 && entry->is_directory(error)) only = entry->path();
  }
  return count == 1 && !only.empty() ? only : stage;
}

/// The sentence splitter of a package: pickles, which nobody here may load.
bool is_stanza(std::string_view name) { return ('/' + std::string(name)).find("/stanza/") != std::string::npos; }

/// Absent paths are fine. Links are deleted, not followed.
void delete_all(const path& target) {
  std::error_code error;
  std::filesystem::remove_all(target, error);
  if (error) throw Error(ErrorCode::kUnsupported, "a folder of a package cannot be deleted: " + error.message());
}

/// Held while an archive is unpacked, so that two processes never do it. Nothing: another one does it.
std::optional<UniqueFd> lock_archive(const path& archive, int how) {
  UniqueFd fd = open_for_reading(archive);
  while (::flock(fd.get(), how) != 0) {
    if (errno != EINTR) return std::nullopt;
  }
  return fd;
}

/// Deletes a folder at its end.
class Leftovers {
 public:
  explicit Leftovers(const path& folder) : folder_(folder) {}
  ~Leftovers() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Leftovers(const Leftovers&) = delete;
  Leftovers& operator=(const Leftovers&) = delete;

 private:
  const path& folder_;
};

/// Gives the newest version of each package the id of the package.
void name_by_version(std::vector<ModelFile>& models) {
  const auto is_newer = [](const ModelFile& a, const ModelFile& b) {
    return is_older_version(split_package_name(b.info.file).version, split_package_name(a.info.file).version);
  };
  std::stable_sort(models.begin(), models.end(), is_newer);
  std::set<std::string> taken;
  for (const ModelFile& model : models) taken.insert(model.info.file);
  for (ModelFile& model : models) {
    std::string id = split_package_name(model.info.file).id;
    if (taken.insert(id).second) model.info.id = std::move(id);
  }
  std::sort(models.begin(), models.end(), [](const ModelFile& a, const ModelFile& b) { return a.info.id < b.info.id; });
}

}  // namespace

PackageName split_package_name(std::string_view folder) {
  const std::size_t dash = folder.rfind('-');
  const std::string_view version = dash == std::string_view::npos ? "" : folder.substr(dash + 1);
  const bool is_version = !version.empty() && dash > 0 && version.front() >= '0' && version.front() <= '9' &&
                          version.find_first_not_of("0123456789_") == std::string_view::npos;
  if (!is_version) return {.id = std::string(folder), .version = {}};
  PackageName name{.id = std::string(folder.substr(0, dash)), .version = std::string(version)};
  std::replace(name.version.begin(), name.version.end(), '_', '.');
  return name;
}

PackageFolder::PackageFolder(Options options, InspectFolder inspect)
    : options_(std::move(options)), inspect_(std::move(inspect)), records_(options_.folder / ".packages") {}

std::map<std::string, path> PackageFolder::entries() const {
  std::map<std::string, path> found;
  for (const path& folder : {options_.folder, options_.extra_folder}) {
    if (folder.empty()) continue;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      std::error_code unknown;
      const bool is_wanted = is_shown_name(name) && (is_archive(name) || entry->is_directory(unknown));
      if (is_wanted && found.size() < kMostEntries) found.emplace(name, entry->path());
    }
  }
  return found;
}

std::vector<ModelFile> PackageFolder::scan() {
  std::vector<ModelFile> models;
  if (!inspect_) return models;
  const std::map<std::string, path> entries = this->entries();
  const MutexLock lock(mutex_);
  for (const auto& [name, path] : entries) {
    if (is_archive(name)) {
      if (stamp_of(path)) models.push_back(judge_archive(name, path));
    } else if (auto model = judge_folder(name, path)) {
      models.push_back(*std::move(model));
    }
  }
  name_by_version(models);
  return models;
}

std::optional<ModelFile> PackageFolder::judge_folder(const std::string& name, const path& path) {
  const FileStamp stamp = stamp_of_folder(path);
  const auto& result = inspected_.of(path, stamp, inspect_);
  ModelFile model{.info = {.id = name,
                           .file = name,
                           .kind = ModelKind::kTranslation,
                           .quantisation = {},
                           .version = split_package_name(name).version,
                           .size_bytes = stamp.size_bytes,
                           .sha256 = {},
                           .state = ModelState::kUnlisted,
                           .reason = {}},
                  .path = path};
  ModelInfo& info = model.info;
  if (const auto* wrong = std::get_if<std::string>(&result)) {
    info.state = ModelState::kDamaged;
    info.reason = *wrong;
    return model;
  }
  const auto& facts = std::get<std::optional<FolderFacts>>(result);
  if (!facts) return std::nullopt;
  info.source = facts->source;
  info.target = facts->target;
  info.n_languages = facts->n_languages;
  info.quantisation = facts->quantisation;
  info.licence = facts->licence;
  info.non_commercial = facts->non_commercial;
  info.size_bytes = facts->size_bytes;
  if (!facts->version.empty()) info.version = facts->version;
  const auto record = is_own(path) ? records_.find(name) : std::nullopt;
  if (record) info.sha256 = record->sha256;
  if (record && record->origin != PackageOrigin::kByHand) info.state = ModelState::kInstalled;
  const bool is_refused = options_.require_listed && (!record || record->origin != PackageOrigin::kListed);
  info.reason = facts->missing;
  if (is_refused) info.reason = "models.require_listed refuses packages without a listed checksum";
  info.usable = info.reason.empty();
  return model;
}

ModelFile PackageFolder::judge_archive(const std::string& name, const path& path) {
  const FileStamp stamp = stamp_of(path).value_or(FileStamp{});
  ModelFile model{.info = {.id = name,
                           .file = name,
                           .kind = ModelKind::kTranslation,
                           .quantisation = {},
                           .size_bytes = stamp.size_bytes,
                           .sha256 = {},
                           .state = ModelState::kUnlisted,
                           .reason = {}},
                  .path = path};
  const auto failed = failed_.find(path);
  if (!is_own(path)) {
    model.info.reason = "put it into the models folder of the data, where it is unpacked";
  } else if (failed != failed_.end() && failed->second.stamp == stamp) {
    model.info.state = ModelState::kDamaged;
    model.info.reason = failed->second.why;
  } else {
    model.info.reason = "it is being unpacked";
    model.checksum_pending = true;
  }
  return model;
}

path PackageFolder::archive_of(std::string_view name) const {
  return options_.folder / (std::string(name) + std::string(kArchiveSuffix));
}

std::optional<PackageRecord> PackageFolder::record_of(std::string_view name) {
  const MutexLock lock(mutex_);
  return records_.find(name);
}

void PackageFolder::remember(const std::string& name, const PackageRecord& record) {
  const MutexLock lock(mutex_);
  records_.remember(name, record);
}

void PackageFolder::delete_folder(const path& path) const {
  const auto removed = hidden(options_.folder, path.filename().string(), kRemovedSuffix);
  delete_all(removed);
  if (::rename(path.c_str(), removed.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw Error(ErrorCode::kUnsupported, "the folder " + path.filename().string() +
                                             " cannot be deleted: " + std::generic_category().message(errno));
  }
  delete_all(removed);
}

void PackageFolder::install(const std::string& name, const std::stop_token& stop) {
  const path archive = archive_of(name);
  const auto lock = lock_archive(archive, LOCK_EX);
  if (!lock) throw_errno("cannot lock a package");
  const bool was_first = std::filesystem::exists(archive);
  if (was_first || !std::filesystem::exists(options_.folder / name)) install_locked(name, stop);
}

void PackageFolder::install_locked(const std::string& name, const std::stop_token& stop) {
  const path archive = archive_of(name);
  const path stage = hidden(options_.folder, name, kStageSuffix);
  delete_all(stage);  // of a process that was killed; nobody else has the lock
  UnpackOptions options = options_.unpack;
  options.is_wanted = [](std::string_view entry) { return !is_stanza(entry); };
  unpack(archive, stage, options, stop);
  const Leftovers leftovers(stage);
  const path root = root_of(stage);
  if (!inspect_(root)) throw Error(ErrorCode::kCorrupt, "there is no translation model in the package");
  delete_folder(options_.folder / name);
  if (::rename(root.c_str(), (options_.folder / name).c_str()) != 0) throw_errno("cannot rename an unpacked package");
  sync_folder(options_.folder);
  std::error_code ignored;
  std::filesystem::remove(archive, ignored);  // else the next round does it
}

void PackageFolder::install_archive(const path& archive, const std::stop_token& stop) {
  const std::string name = without_suffix(archive.filename().string(), kArchiveSuffix);
  const auto lock = lock_archive(archive, LOCK_EX | LOCK_NB);
  if (!lock || !std::filesystem::exists(archive)) return;  // another process does it, or did
  const std::string sha256 = sha256_of_file(archive, stop);
  const auto record = record_of(name);
  const bool is_known = record && record->sha256 == sha256;
  if (std::filesystem::exists(options_.folder / name)) {
    if (!is_known) throw Error(ErrorCode::kConflict, "there is a folder of its name; delete one of them");
    std::filesystem::remove(archive);
    return;
  }
  if (!is_known) remember(name, {.sha256 = sha256, .origin = PackageOrigin::kByHand});
  install_locked(name, stop);
  log::info("package unpacked", {{"package", name}});
}

void PackageFolder::sweep() const {
  std::error_code error;
  std::vector<path> stale;
  for (std::filesystem::directory_iterator entry(options_.folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.')) continue;
    const bool is_stage = name.ends_with(kStageSuffix) &&
                          !std::filesystem::exists(archive_of(without_suffix(name.substr(1), kStageSuffix)));
    if (is_stage || name.ends_with(kRemovedSuffix)) stale.push_back(entry->path());
  }
  for (const path& folder : stale) std::filesystem::remove_all(folder, error);
}

void PackageFolder::unpack_archives(const std::stop_token& stop) {
  if (!inspect_) return;
  sweep();
  for (const ModelFile& model : scan()) {
    if (!model.checksum_pending) continue;
    const auto stamp = stamp_of(model.path);
    try {
      install_archive(model.path, stop);
    } catch (const std::exception& error) {
      if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the unpacking of a package was stopped");
      log::warning("package not unpacked", {{"package", model.info.file}, {"why", error.what()}});
      const MutexLock lock(mutex_);
      if (stamp) failed_[model.path] = {.stamp = *stamp, .why = error.what()};
    }
  }
}

bool PackageFolder::remove(const ModelFile& model) {
  const bool is_folder = !is_archive(model.info.file);
  if (is_folder && !model.path.empty() && !is_own(model.path)) {
    throw Error(ErrorCode::kUnsupported,
                "the folder " + model.info.file + " is one of yours in models.dir: delete it there");
  }
  bool removed = false;
  if (is_folder && !model.path.empty()) {
    std::error_code absent;
    removed = std::filesystem::exists(std::filesystem::symlink_status(model.path, absent));
    delete_folder(model.path);
  }
  const path archive = is_folder ? archive_of(model.info.file) : model.path;  // a package without a path: its download
  for (const path& file : {archive, remote::part_path(archive), remote::etag_path(archive)}) {
    std::error_code error;
    removed = std::filesystem::remove(file, error) || removed;
    if (error) {
      throw Error(ErrorCode::kUnsupported, "the file " + model.info.file + " cannot be deleted: " + error.message());
    }
  }
  return removed;
}

void PackageFolder::remove_older(const std::string& name) {
  const PackageName kept = split_package_name(name);
  for (const ModelFile& model : scan()) {
    const PackageName other = split_package_name(model.info.file);
    const bool is_older = other.id == kept.id && is_older_version(other.version, kept.version);
    if (!is_older || !is_own(model.path) || is_archive(model.info.file)) continue;
    const auto record = record_of(model.info.file);
    if (record && record->origin != PackageOrigin::kByHand) delete_folder(model.path);
  }
}

}  // namespace voxlate::models
