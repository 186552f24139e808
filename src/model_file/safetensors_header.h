#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::model_file {

/// One tensor as the header of a safetensors file describes it; nothing of it is checked against the file yet.
struct SafetensorsRecord {
  std::string name;
  std::string dtype;  ///< "F32", "BF16", "I64" …
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< [begin, end) within the data behind the header
  std::uint64_t end = 0;
};

/// Reads the JSON header, in the order of the file. Memory is bounded by the text and by limits on what it may hold,
/// not by what it asks for. Throws `kCorrupt`; offsets in messages count from the begin of the file.
std::vector<SafetensorsRecord> parse_safetensors_header(std::string_view json, std::string_view file_name);

}  // namespace voxlate::model_file
