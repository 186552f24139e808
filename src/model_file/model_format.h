#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace voxlate::model_file {

enum class ModelFormat { kGgml, kSafetensors };

/// The first four bytes of a ggml file, "lmgg" in the order of the file.
inline constexpr std::string_view kGgmlMagic = "lmgg";

/// What kind of file these bytes are, by their begin alone. Throws `kUnsupported` for a format that is known but not
/// read (GGUF, older ggml containers, PyTorch, CTranslate2), else `kCorrupt`.
ModelFormat recognise_format(std::span<const std::byte> bytes, std::string_view file_name);

}  // namespace voxlate::model_file
