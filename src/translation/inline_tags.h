#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// A formatting tag of a subtitle format inside a text: `<i> </b> <font …> <c.name> <v Name> <lang xx> <00:01.000>`
/// of SubRip and WebVTT, `{\an8}` of SubStation, and the place holder `<x id="1"/>`.
struct InlineTag {
  enum class Kind { kOpening, kClosing, kSingle };

  std::size_t begin = 0;  ///< in bytes
  std::size_t size = 0;
  Kind kind = Kind::kSingle;
  std::string name;                      ///< in lower case; of a single tag empty
  std::optional<std::size_t> partner{};  ///< index of the tag that closes or opens it; none: it stands alone
};

/// The tags of `text` in order. Partners are well nested; a tag that crosses others has none.
std::vector<InlineTag> inline_tags(std::string_view text);

std::string without_tags(std::string_view text);

/// A text apart from its tags.
struct TaggedText {
  struct Tag {
    std::size_t offset = 0;  ///< in `plain`
    std::string text;
  };
  std::string plain;
  std::vector<Tag> tags;  ///< in order
};

TaggedText take_tags(std::string_view text);

/// Makes each of `parts`, cut from one tagged text, whole: what is open at the end of one is closed there and opened
/// again in the next.
void balance_tags(std::vector<std::string>& parts);

}  // namespace voxlate::translation
