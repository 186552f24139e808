#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// Number of characters (code points).
std::size_t count_characters(std::string_view text);

/// Byte offsets inside `text`, never 0 or its size, where a line may be broken in that language (Unicode line
/// breaking; Thai, Chinese and Japanese too): behind blanks, where there are any.
std::vector<std::size_t> break_offsets(std::string_view text, const std::string& language);

/// Cuts `text` into as many parts as there are weights, each near its share of the characters, at break offsets,
/// rather behind a clause than inside one. Parts are trimmed and not empty; a text with too few words gives fewer
/// parts, an empty one none. Nothing but blanks at the cuts is lost.
std::vector<std::string> split_in_proportion(std::string_view text, std::span<const std::size_t> weights,
                                             const std::string& language);

/// `a` followed by `b`, with a space between them except between two Chinese or Japanese characters.
std::string joined_text(std::string_view a, std::string_view b);

std::string_view trimmed(std::string_view text);

}  // namespace voxlate::translation
