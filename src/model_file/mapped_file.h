#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace voxlate::model_file {

/// The content of a file as read-only memory, loaded by the kernel page by page when it is looked at.
/// Immutable, so any thread may read it. A file that is replaced by another (rename) stays as it was; known limit: one
/// that is cut short in place while it is mapped ends the process (SIGBUS) at the next look behind the new end.
class MappedFile {
 public:
  /// Throws `kNotFound`, `kInvalidInput` (a folder, a FIFO, a device, not readable), `kInternal`.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace voxlate::model_file
