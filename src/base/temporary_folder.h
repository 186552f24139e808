#pragma once

#include <filesystem>
#include <string_view>

namespace voxlate {

/// A new folder, readable by this user only, that goes away with the object and everything in it.
class TemporaryFolder {
 public:
  /// Throws `kInternal` or `kStorageFull` when `parent` cannot hold it.
  explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace voxlate
