#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "models/catalogue.h"
#include "models/inspections.h"
#include "models/model_file.h"
#include "models/package_folder.h"
#include "models/verified_files.h"
#include "voxlate/model_store.h"

namespace voxlate::models {

/// The models on the disk, files and folders: in a folder of our own, where downloads go, and in one more of the
/// user's. A known model is told by its file name, and is what its checksum says; until that is read, and for every
/// other file, the structure decides. Thread-safe.
class ModelFolder {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path extra_folder{};  ///< empty: none; of one name the file in `folder` counts
    bool require_listed = false;           ///< refuse files without a listed checksum
    UnpackOptions unpack{};                ///< of translation packages
    std::span<const KnownModel> known = known_models();
  };

  /// Without `inspect_folder` folders are not looked at.
  ModelFolder(Options options, InspectFile inspect, InspectFolder inspect_folder = {});

  /// Makes the folder where it is missing. Throws `kInvalidInput` when it cannot be used.
  void create() const;

  bool requires_listed() const { return options_.require_listed; }

  std::span<const KnownModel> known() const { return options_.known; }

  /// The known models in their order, then the other files by id, then folders and archives of translation models by
  /// id. Cheap: reads no more than heads of new files.
  std::vector<ModelFile> scan();

  /// Reads the files whose checksum is pending, once for each content, and unpacks the packages that were placed into
  /// the own folder. Throws `kCancelled`.
  void verify(const std::stop_token& stop);

  /// Where the file of a model that can be loaded lies. Throws `kNotFound`, `kCorrupt` (damaged), `kUnsupported`
  /// (refused by `require_listed`).
  std::filesystem::path path_of(std::string_view id);

  /// Where a download of `model` goes, and that one of the listed checksum went there.
  std::filesystem::path target_of(const KnownModel& model) const { return options_.folder / model.file; }
  void remember_download(const KnownModel& model);

  PackageFolder& packages() { return packages_; }

  /// Deletes the file or folder of a model and what is there of a download. False when there is nothing.
  /// Throws `kUnsupported` when the file may not be deleted.
  bool remove(std::string_view id);

 private:
  std::map<std::string, std::filesystem::path> files() const;
  ModelFile judge_known(const KnownModel& model, const std::filesystem::path& path) REQUIRES(mutex_);
  ModelFile judge_other(std::string id, const std::filesystem::path& path) REQUIRES(mutex_);
  void judge_structure(ModelFile& file, const FileStamp& stamp) REQUIRES(mutex_);

  const Options options_;
  const InspectFile inspect_;
  PackageFolder packages_;

  Mutex mutex_;
  VerifiedFiles verified_ GUARDED_BY(mutex_);
  Inspections<FileFacts> inspected_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::models
