#include "models/model_folder.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "base/file.h"
#include "base/utf8.h"
#include "models/checksum.h"
#include "remote/part_file.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

constexpr std::size_t kMaxFiles = 1000;
constexpr std::string_view kPrefix = "ggml-";
constexpr std::string_view kRecordName = ".verified";

/// Absolute paths, so that what is remembered of a file holds wherever we are started.
ModelFolder::Options absolute(ModelFolder::Options options) {
  for (std::filesystem::path* folder : {&options.folder, &options.extra_folder}) {
    if (!folder->empty()) *folder = std::filesystem::absolute(*folder).lexically_normal();
  }
  return options;
}

/// Names that can be shown, logged and put into a URL.
bool is_model_name(const std::string& name) {
  const bool plain = std::none_of(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\'; });
  return plain && is_utf8(name) && !name.starts_with('.') && (name.ends_with(".bin") || name.ends_with(".safetensors"));
}

std::string id_of(const std::string& file) {
  const std::string stem = file.substr(0, file.rfind('.'));
  return stem.starts_with(kPrefix) && stem.size() > kPrefix.size() ? stem.substr(kPrefix.size()) : stem;
}

std::uint64_t size_or_zero(const std::filesystem::path& path) {
  const auto stamp = stamp_of(path);
  return stamp ? stamp->size_bytes : 0;
}

ModelInfo known_info(const KnownModel& model) {
  return {.id = model.id,
          .file = model.file,
          .kind = model.kind,
          .quantisation = model.quantisation,
          .n_languages = model.n_languages,
          .listed = true,
          .size_bytes = model.size_bytes,
          .sha256 = model.sha256};
}

}  // namespace

ModelFolder::ModelFolder(Options options, InspectFile inspect, InspectFolder inspect_folder)
    : options_(absolute(std::move(options))),
      inspect_(std::move(inspect)),
      packages_({.folder = options_.folder,
                 .extra_folder = options_.extra_folder,
                 .require_listed = options_.require_listed,
                 .unpack = options_.unpack},
                std::move(inspect_folder)),
      verified_(options_.folder / kRecordName) {}

void ModelFolder::create() const {
  std::error_code error;
  std::filesystem::create_directories(options_.folder, error);
  if (error) {
    throw Error(ErrorCode::kInvalidInput,
                "cannot use the models folder " + options_.folder.string() + ": " + error.message());
  }
}

std::map<std::string, std::filesystem::path> ModelFolder::files() const {
  std::map<std::string, std::filesystem::path> found;
  for (const std::filesystem::path& folder : {options_.folder, options_.extra_folder}) {
    if (folder.empty()) continue;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (is_model_name(name) && found.size() < kMaxFiles) found.emplace(name, entry->path());
    }
  }
  return found;
}

std::vector<ModelFile> ModelFolder::scan() {
  std::map<std::string, std::filesystem::path> files = this->files();
  std::vector<ModelFile> models;
  std::set<std::string> ids;
  const MutexLock lock(mutex_);
  for (const KnownModel& model : options_.known) {
    const auto file = files.extract(model.file);
    models.push_back(judge_known(model, file ? file.mapped() : std::filesystem::path()));
    ids.insert(model.id);
  }
  std::vector<ModelFile> others;
  for (const auto& [name, path] : files) {
    std::string id = id_of(name);
    if (ids.contains(id)) id = name;
    if (!ids.insert(id).second || !stamp_of(path)) continue;
    others.push_back(judge_other(std::move(id), path));
  }
  std::sort(others.begin(), others.end(), [](const ModelFile& a, const ModelFile& b) { return a.info.id < b.info.id; });
  std::move(others.begin(), others.end(), std::back_inserter(models));
  for (ModelFile& package : packages_.scan()) {
    if (!ids.insert(package.info.id).second) package.info.id = "translation-" + package.info.id;
    models.push_back(std::move(package));
  }
  return models;
}

ModelFile ModelFolder::judge_known(const KnownModel& model, const std::filesystem::path& path) {
  ModelFile file{.info = known_info(model), .path = path};
  file.info.downloaded_bytes = size_or_zero(remote::part_path(target_of(model)));
  const auto stamp = path.empty() ? std::nullopt : stamp_of(path);
  if (!stamp) {
    file.path.clear();
    return file;
  }
  if (stamp->size_bytes != model.size_bytes) {
    judge_structure(file, *stamp);
    const std::string difference = "expected the published " + std::to_string(model.size_bytes) + " bytes, got " +
                                   std::to_string(stamp->size_bytes);
    file.info.reason = file.info.reason.empty() ? difference : difference + "; " + file.info.reason;
    if (file.info.state == ModelState::kUnlisted) {
      file.info.listed = false;
      file.info.sha256.clear();
      file.info.size_bytes = stamp->size_bytes;
    }
    return file;
  }
  const auto checksum = verified_.sha256_of(path, *stamp);
  if (!checksum) {
    judge_structure(file, *stamp);
    file.checksum_pending = file.info.state == ModelState::kUnlisted;
    if (file.info.reason.empty()) file.info.reason = "its checksum is being read";
  } else if (*checksum == model.sha256) {
    file.info.state = ModelState::kInstalled;
    file.info.usable = true;
  } else {
    file.info.state = ModelState::kDamaged;
    file.info.reason = "expected SHA-256 " + model.sha256 + ", got " + *checksum;
  }
  return file;
}

ModelFile ModelFolder::judge_other(std::string id, const std::filesystem::path& path) {
  const FileStamp stamp = stamp_of(path).value_or(FileStamp{});
  ModelFile file{.info = {.id = std::move(id), .file = path.filename().string(), .size_bytes = stamp.size_bytes},
                 .path = path};
  judge_structure(file, stamp);
  return file;
}

void ModelFolder::judge_structure(ModelFile& file, const FileStamp& stamp) {
  const auto& result = inspected_.of(file.path, stamp, inspect_);
  if (const auto* wrong = std::get_if<std::string>(&result)) {
    file.info.state = ModelState::kDamaged;
    file.info.reason = *wrong;
    return;
  }
  const auto& facts = std::get<FileFacts>(result);
  file.info.state = ModelState::kUnlisted;
  file.info.kind = facts.kind;
  file.info.quantisation = facts.quantisation;
  file.info.n_languages = facts.n_languages;
  file.info.usable = !options_.require_listed;
  if (options_.require_listed) file.info.reason = "models.require_listed refuses files without a listed checksum";
}

void ModelFolder::verify(const std::stop_token& stop) {
  packages_.unpack_archives(stop);
  for (const ModelFile& file : scan()) {
    const bool is_pending = file.checksum_pending && file.info.kind != ModelKind::kTranslation;
    const auto before = is_pending ? stamp_of(file.path) : std::nullopt;
    if (!before) continue;
    const std::string checksum = sha256_of_file(file.path, stop);
    create();
    if (stamp_of(file.path) != before) continue;  // it is being written: the next round reads it again
    const MutexLock lock(mutex_);
    verified_.remember(file.path, *before, checksum);
  }
}

std::filesystem::path ModelFolder::path_of(std::string_view id) {
  for (ModelFile& file : scan()) {
    if (file.info.id != id) continue;
    if (file.info.usable) return std::move(file.path);
    const std::string name = "the model " + file.info.id;
    if (file.path.empty()) throw Error(ErrorCode::kNotFound, name + " is not installed");
    const bool damaged = file.info.state == ModelState::kDamaged;
    throw Error(damaged ? ErrorCode::kCorrupt : ErrorCode::kUnsupported, name + ": " + file.info.reason);
  }
  throw Error(ErrorCode::kNotFound, "there is no model \"" + std::string(id) + "\"");
}

void ModelFolder::remember_download(const KnownModel& model) {
  const std::filesystem::path path = target_of(model);
  const auto stamp = stamp_of(path);
  if (!stamp) return;
  const MutexLock lock(mutex_);
  verified_.remember(path, *stamp, model.sha256);
}

bool ModelFolder::remove(std::string_view id) {
  for (const ModelFile& file : scan()) {
    if (file.info.id != id) continue;
    if (file.info.kind == ModelKind::kTranslation) return packages_.remove(file);
    const std::filesystem::path target = options_.folder / file.info.file;
    bool removed = false;
    for (const std::filesystem::path& path : {file.path, remote::part_path(target), remote::etag_path(target)}) {
      if (path.empty()) continue;
      std::error_code error;
      removed = std::filesystem::remove(path, error) || removed;
      if (error) {
        throw Error(ErrorCode::kUnsupported, "the file " + file.info.file + " cannot be deleted: " + error.message());
      }
    }
    return removed;
  }
  return false;
}

}  // namespace voxlate::models
