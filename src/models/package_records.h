#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace voxlate::models {

/// Where a package came from.
enum class PackageOrigin {
  kListed,    ///< fetched, with the checksum that the index lists
  kFirstUse,  ///< fetched, with whatever checksum it had
  kByHand,    ///< placed into the folder
};

struct PackageRecord {
  std::string sha256;  ///< of the archive
  PackageOrigin origin = PackageOrigin::kByHand;
};

/// Remembers the checksum of every package that was fetched or unpacked here, over its deletion too: the same version
/// has to come with the same content again. A file lost only costs that check. Not thread-safe.
///
///   record = *line
///   line   = sha256 SP origin SP name LF        origin = "listed" / "first" / "hand"; name: "translate-en_es-1_9"
class PackageRecords {
 public:
  explicit PackageRecords(std::filesystem::path file) : file_(std::move(file)) {}

  /// Reads the file again: another process may have added to it.
  std::optional<PackageRecord> find(std::string_view name);

  /// Throws `kStorageFull`.
  void remember(const std::string& name, const PackageRecord& record);

 private:
  void load();

  const std::filesystem::path file_;
  std::map<std::string, PackageRecord, std::less<>> records_;
};

}  // namespace voxlate::models
