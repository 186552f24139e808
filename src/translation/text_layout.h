#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// Number of characters (code points).
std::size_t count_characters(std::string_view text);

/// Number of what a reader sees as one character (grapheme clusters), inline tags left out.
std::size_t count_graphemes(std::string_view text);

/// Where words begin or end in `text`, a flag for each byte and one for the end; dictionaries find those of Thai,
/// Chinese and Japanese. Apostrophes part words: "term" is a word of "term's" and "l'term".
std::vector<bool> word_breaks(std::string_view text);

/// Byte offsets inside `text`, never 0 or its size, where a line may be broken in that language (Unicode line
/// breaking) without splitting a word, an address or a tag: behind blanks, where there are any. Lines of Chinese and
/// Japanese may be broken inside words; here they are not.
std::vector<std::size_t> break_offsets(std::string_view text, const std::string& language);

/// Cuts `text` into as many parts as there are weights, each near its share of the characters, at break offsets,
/// rather behind a clause than inside one. Parts are trimmed and have a letter or a digit, if the text has any; a text
/// with too few words gives fewer parts, an empty one none. Nothing but blanks at the cuts is lost.
std::vector<std::string> split_in_proportion(std::string_view text, std::span<const std::size_t> weights,
                                             const std::string& language);

/// The same for a text with inline tags: they do not count, and pairs that go over a cut are closed before it and
/// opened again behind it. A text of tags alone is empty.
std::vector<std::string> split_tagged(std::string_view text, std::span<const std::size_t> weights,
                                      const std::string& language);

/// `a` followed by `b`, with a space between them except between two Chinese or Japanese characters; tags at the seam
/// are looked through.
std::string joined_text(std::string_view a, std::string_view b);

std::string_view trimmed(std::string_view text);

}  // namespace voxlate::translation
