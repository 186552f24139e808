#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "translation/inline_tags.h"

namespace voxlate::translation {

/// What stands around the words of a sentence: bytes at its front and at its back.
struct SentenceFrame {
  std::size_t before = 0;
  std::size_t after = 0;  ///< `before + after` is at most the size of the sentence

  bool operator==(const SentenceFrame&) const = default;
};

/// Blanks, tags, music marks (♪, and "#" at both ends), the dash of a dialogue ("- ", ">> ") and the label of a speaker
/// ("JOHN:", "Dr. Smith:", "Speaker 1:"). A tag is of the frame only when its partner is, or it has none. `tags` are
/// those of `sentence`.
SentenceFrame sentence_frame(std::string_view sentence, std::span<const InlineTag> tags);

/// Bytes of the speaker's label at the front of `text` with its colon, 0 for none. A label is written in capitals, has
/// a title, is of several words that all begin with a capital, or is "Speaker" with a number; one word with a capital
/// may be any text ("Note: …") and is no label. A blank or the end of the text is behind the colon.
std::size_t label_size(std::string_view text);

}  // namespace voxlate::translation
