#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "models/inspections.h"
#include "models/model_file.h"
#include "models/package_records.h"
#include "models/unpack.h"
#include "models/verified_files.h"

namespace voxlate::models {

/// "translate-en_es" and "1.9" for "translate-en_es-1_9"; a name without a version is all id.
struct PackageName {
  std::string id;
  std::string version;
};
PackageName split_package_name(std::string_view folder);

/// The translation models on the disk, each a folder: in the models folder of our own, where downloads go, and in one
/// more of the user's (as Argos' own folder of packages). An archive (`*.argosmodel`) that lies in our own folder is
/// unpacked and then deleted, so that a package dropped there is one like any other; in the user's nothing is ever
/// changed. A folder appears whole or not at all. Thread-safe.
class PackageFolder {
 public:
  struct Options {
    std::filesystem::path folder;
    std::filesystem::path extra_folder{};  ///< empty: none; of one name what is in `folder` counts
    bool require_listed = false;           ///< refuse packages without a listed checksum
    UnpackOptions unpack{};
  };

  /// Without `inspect` there are none.
  PackageFolder(Options options, InspectFolder inspect);

  /// By id: of several versions the newest has the package's, the others that of their folders. Cheap: reads no more
  /// than new folders.
  std::vector<ModelFile> scan();

  /// Where the archive of a package belongs, before it is unpacked.
  std::filesystem::path archive_of(std::string_view name) const;

  std::optional<PackageRecord> record_of(std::string_view name);
  void remember(const std::string& name, const PackageRecord& record);

  /// Unpacks the archive of the package `name` in place of an older folder of that name, then deletes the archive.
  /// Waits for another process that does it already. Throws what `unpack` and the inspection throw; the archive stays
  /// then.
  void install(const std::string& name, const std::stop_token& stop);

  /// Installs the archives that were placed by hand. What is wrong with one is shown by `scan`. Throws `kCancelled`.
  void unpack_archives(const std::stop_token& stop);

  /// Deletes a folder or archive with what is there of its download. False when there is nothing.
  /// Throws `kUnsupported` when it may not be deleted: folders of the user's stay.
  bool remove(const ModelFile& model);

  /// Deletes older versions of a package that were fetched; those placed by hand stay.
  void remove_older(const std::string& name);

 private:
  /// An archive that could not be unpacked.
  struct Failure {
    FileStamp stamp;
    std::string why;
  };

  std::map<std::string, std::filesystem::path> entries() const;
  std::optional<ModelFile> judge_folder(const std::string& name, const std::filesystem::path& path) REQUIRES(mutex_);
  ModelFile judge_archive(const std::string& name, const std::filesystem::path& path) REQUIRES(mutex_);
  void install_locked(const std::string& name, const std::stop_token& stop);
  void install_archive(const std::filesystem::path& archive, const std::stop_token& stop);
  bool is_own(const std::filesystem::path& path) const { return path.parent_path() == options_.folder; }
  void delete_folder(const std::filesystem::path& path) const;
  void sweep() const;

  const Options options_;
  const InspectFolder inspect_;

  Mutex mutex_;
  PackageRecords records_ GUARDED_BY(mutex_);
  Inspections<std::optional<FolderFacts>> inspected_ GUARDED_BY(mutex_);
  std::map<std::filesystem::path, Failure> failed_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::models
