#pragma once

#include <string_view>

namespace voxlate::whisper {

/// The first of the pieces that GPT-2's tokenizer cuts `text` into; no token crosses a piece. `text` is not empty,
/// and neither is the piece. The pieces are the matches, one after the other, of
///
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// where \s is the Unicode property White_Space. Bytes that are not UTF-8 count as [^\s\p{L}\p{N}].
/// Cutting a whole text takes time in proportion to its length.
std::string_view next_piece(std::string_view text);

}  // namespace voxlate::whisper
