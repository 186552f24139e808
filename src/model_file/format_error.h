#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "voxlate/error.h"

namespace voxlate::model_file {

/// Throws "ggml-tiny.bin: <text> at byte <offset>".
[[noreturn]] void refuse(ErrorCode code, std::string_view file_name, std::uint64_t offset, std::string_view text);

/// Bytes out of a file made fit for a message: at most 64, those that are not visible ASCII shown as '?'.
std::string printable(std::string_view bytes);

/// "[512, 80, 3]"
std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace voxlate::model_file
