#pragma once

#include <cstdint>
#include <filesystem>

namespace voxlate::store {

/// A file that does nothing but take room, given back when a full disk would otherwise forbid even a delete.
/// Not thread-safe.
class Ballast {
 public:
  /// Makes the file unless the disk is too full for it.
  Ballast(std::filesystem::path path, std::uint64_t size_bytes);

  /// True when the file is there; makes it when there is room for twice its size.
  bool ensure();

  /// Frees the room; false when there is none to free.
  bool release();

 private:
  const std::filesystem::path path_;
  const std::uint64_t size_bytes_;
  bool present_ = false;
};

}  // namespace voxlate::store
