#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// What stands between a unit and the next one.
enum class Juncture {
  kWord,      ///< two words of one phrase
  kPhrase,    ///< before a conjunction, at a space of a language that has few
  kClause,    ///< after a comma and the like, or at the end of a segment
  kSentence,  ///< after a sentence
};

/// The smallest piece of text that is never cut: a word with its punctuation.
struct SpeechUnit {
  std::string text;                   ///< UTF-8, one line
  std::chrono::milliseconds begin{};  ///< speech onset
  std::chrono::milliseconds end{};    ///< speech offset, not after the next unit's begin
  int length = 0;                     ///< grapheme clusters
  int columns = 0;                    ///< the same in columns of a screen, where Chinese characters take two
  bool space_before = false;          ///< on one line, a space parts it from the unit before
  Juncture after = Juncture::kSentence;
  double cut_cost = 0;  ///< how much a reader is disturbed when a line ends here, 0 (not) to about 100
};

/// The text of `transcript` as units, in order, each letter once. Control characters become spaces.
///
/// Times: a unit that begins (ends) where a word of the engine does has that word's time; inside a word, and
/// in segments without words, time runs in proportion to the text. A segment without words that holds more
/// text than can be read at `max_cps` in its time is stretched into the silence after it. Times never run
/// backwards and lie in [0, `media_end`].
///
/// Where may be cut: at spaces; in scripts without spaces where ICU sees both a word and a line boundary (so
/// no closing punctuation, small kana or repetition mark comes first on a line).
std::vector<SpeechUnit> make_speech_units(const Transcript& transcript, double max_cps,
                                          std::chrono::milliseconds media_end);

}  // namespace voxlate::subtitles
