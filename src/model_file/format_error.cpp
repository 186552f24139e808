#include "model_file/format_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace voxlate::model_file {

void refuse(ErrorCode code, std::string_view file_name, std::uint64_t offset, std::string_view text) {
  throw Error(code, fmt::format("{}: {} at byte {}", file_name, text, offset));
}

std::string printable(std::string_view bytes) {
  constexpr std::size_t kMaxBytes = 64;
  std::string text(bytes.substr(0, kMaxBytes));
  for (char& letter : text) {
    if (letter < ' ' || letter > '~') letter = '?';
  }
  return bytes.size() > kMaxBytes ? text + "..." : text;
}

std::string shape_text(std::span<const std::int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

}  // namespace voxlate::model_file
