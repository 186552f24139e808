#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model_file/mapped_file.h"
#include "model_file/safetensors_header.h"
#include "model_file/tensor_view.h"

namespace voxlate::model_file {

/// A safetensors file. What holds after `open`: every tensor lies inside the file, they cover the data without gap or
/// overlap, names are unique, and the extents of every dtype of known size agree with its shape.
/// Throws `kCorrupt` with the byte offset. No weight is looked at, and memory stays below 64 MiB whatever the header
/// says: of the 100 MB that the format allows a header, 4 MiB are read (`kUnsupported` above). Immutable, thread-safe.
class SafetensorsFile {
 public:
  static SafetensorsFile open(const std::filesystem::path& path);

  /// The same over bytes that outlive the object; `file_name` is for messages.
  static SafetensorsFile parse(std::span<const std::byte> bytes, std::string file_name);

  const std::string& file_name() const { return file_name_; }

  /// Ordered by name; of any dtype.
  std::span<const SafetensorsRecord> records() const { return records_; }
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  /// Throws `kCorrupt` when the file has no such tensor, `kUnsupported` when it is not F32, F16 or BF16.
  TensorView tensor(std::string_view name) const;

  /// Where the tensor's bytes begin in the file, for messages.
  std::uint64_t offset_of(const TensorView& tensor) const;

 private:
  SafetensorsFile(std::span<const std::byte> bytes, std::string file_name);
  const SafetensorsRecord* find(std::string_view name) const;

  std::optional<MappedFile> file_;
  std::string file_name_;
  std::vector<SafetensorsRecord> records_;
  std::span<const std::byte> data_;
  std::uint64_t data_offset_ = 0;
};

}  // namespace voxlate::model_file
