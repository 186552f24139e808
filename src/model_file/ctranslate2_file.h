#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model_file/mapped_file.h"
#include "model_file/tensor_set.h"

namespace voxlate::model_file {

/// A model that CTranslate2's converters wrote: `model.bin`, binary versions 1 to 6. Every extent is checked; what the
/// tensors mean is for the reader of a family to say. Quantised weights are integers whose `<name>_scale` divides them:
/// int8 with one scale a row, int16 with one for all.
///
/// Immutable, so shared by threads.
class CTranslate2File {
 public:
  /// Throws what MappedFile throws, `kCorrupt`, `kUnsupported` (another version).
  static std::shared_ptr<const CTranslate2File> open(const std::filesystem::path& path);

  /// The same over bytes that outlive the object; `file_name` is for messages.
  static std::shared_ptr<const CTranslate2File> parse(std::span<const std::byte> bytes, std::string_view file_name);

  const std::string& file_name() const { return file_name_; }

  /// "TransformerSpec", "TransformerBase", …; "" in version 1.
  const std::string& spec() const { return spec_; }
  std::uint32_t revision() const { return revision_; }

  /// Under their names and, for those that are used twice, their other names too.
  const TensorSet& tensors() const { return tensors_; }

  /// Null: there is none of that name.
  const TensorView* find(std::string_view name) const;

  /// The tensor of that name. Throws `kCorrupt` naming it when there is none.
  const TensorView& tensor(std::string_view name) const { return find_tensor(tensors_, name); }

  /// A whole number that describes the model ("encoder/num_heads"). Throws `kCorrupt` when it is no single number.
  std::optional<std::int64_t> number(std::string_view name) const;

 private:
  CTranslate2File(std::optional<MappedFile> file, std::span<const std::byte> bytes, std::string_view file_name);

  std::optional<MappedFile> file_;
  std::string file_name_;
  std::string spec_;
  std::uint32_t revision_ = 1;
  TensorSet tensors_;
};

}  // namespace voxlate::model_file
