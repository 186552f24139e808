#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace voxlate::model_file {

/// Reads a `.tiktoken` vocabulary: one line per token, its bytes in base64, a space, its rank; ranks count up from 0.
/// The result is indexed by rank. `file_name` is for messages. Throws `kCorrupt` with the byte offset of the line.
std::vector<std::string> parse_tiktoken(std::string_view text, std::string_view file_name);

}  // namespace voxlate::model_file
