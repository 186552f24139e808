#include "model_file/byte_reader.h"

#include <fmt/format.h>

#include "model_file/format_error.h"

namespace voxlate::model_file {

std::int32_t ByteReader::i32_within(std::string_view what, std::int32_t low, std::int32_t high) {
  const std::uint64_t begin = offset();
  const std::int32_t value = i32(what);
  if (value < low || value > high) {
    refuse(ErrorCode::kCorrupt, file_name_, begin,
           low == high ? fmt::format("{}: expected {}, got {}", what, low, value)
                       : fmt::format("{}: expected {} to {}, got {}", what, low, high, value));
  }
  return value;
}

std::span<const std::byte> ByteReader::take(std::uint64_t count, std::string_view what) {
  if (count > remaining()) {
    refuse(ErrorCode::kCorrupt, file_name_, offset(),
           fmt::format("{}: expected {} bytes, got the end of the file after {}", what, count, remaining()));
  }
  const auto taken = bytes_.subspan(offset_, static_cast<std::size_t>(count));
  offset_ += static_cast<std::size_t>(count);
  return taken;
}

std::string_view ByteReader::text(std::uint64_t count, std::string_view what) {
  const auto taken = take(count, what);
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

}  // namespace voxlate::model_file
