#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "sphinx/decoder.h"
#include "voxlate/transcript.h"

namespace voxlate::sphinx {

/// Where an utterance lies and what is around it.
struct UtterancePlace {
  std::chrono::milliseconds begin{};  ///< media time
  std::chrono::milliseconds end{};
  bool starts_sentence = false;  ///< a long pause, or nothing, before it
  bool ends_sentence = false;    ///< a long pause, or nothing, after it
};

/// The words of one utterance as segments. A pause of `kSentencePause` between two words ends a segment, and is
/// taken for the end of a sentence, since the recogniser knows no punctuation: it gets a full stop, and the next
/// word a capital. Word and segment times lie inside the utterance; the confidence of a segment is the mean of
/// its words.
std::vector<Segment> make_segments(const std::vector<DecodedWord>& words, const UtterancePlace& place);

inline constexpr std::chrono::milliseconds kSentencePause{600};

/// A word of the dictionary as it is written: "i'm" is "I'm", the letter "b." is "B", "p.m." stays.
std::string written_word(std::string_view word);

}  // namespace voxlate::sphinx
