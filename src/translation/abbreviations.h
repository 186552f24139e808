#pragma once

#include <string_view>

namespace voxlate::translation {

/// What the full stop behind a word belongs to.
enum class FullStop {
  kEndsSentence,         ///< it is a mark of its own
  kBelongsToWord,        ///< "Mr."
  kBelongsBeforeNumber,  ///< "No. 5", but "I said no."
};

/// Of a word as it is written, in a language; a short list of the common ones, with initials ("J.") but in Czech, and
/// with ordinals ("12.") in German, as Moses has them. For languages without a list that of English counts.
FullStop full_stop_behind(std::string_view word, std::string_view language);

}  // namespace voxlate::translation
