#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace voxlate {

/// A spoken word with its media time `[begin, end)`.
struct Word {
  std::string text;  ///< UTF-8, no surrounding space, punctuation attached
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  float confidence = 0;  ///< posterior in [0, 1]

  bool operator==(const Word&) const = default;
};

/// How a decoder came to a text, for engines that tell.
struct Decoding {
  std::vector<int> tokens;  ///< ids of the model's vocabulary, times left out
  float temperature = 0;    ///< of the sampling; 0: the most probable text
  float average_logprob = 0;
  float compression_ratio = 0;  ///< high for a text that repeats itself
  float no_speech_probability = 0;
  std::string doubt;  ///< "loop" (repetitions were cut off), "low_logprob"; empty: none

  bool operator==(const Decoding&) const = default;
};

/// A stretch of speech. `words` is empty where the engine (or a translation) has no word times.
struct Segment {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::string text;  ///< UTF-8, no surrounding space
  std::vector<Word> words;
  float confidence = 0;  ///< posterior in [0, 1]; 0 where unknown
  std::optional<Decoding> decoding{};

  bool operator==(const Segment&) const = default;
};

/// What was said. Segments are ordered, do not overlap and lie inside the audio; times are media times.
struct Transcript {
  std::string language;  ///< BCP 47, for example "en", "pt-BR"
  std::string engine;    ///< what made it, for example "sphinx en-us" or "apertium eng-spa"
  std::chrono::milliseconds duration{};
  std::vector<Segment> segments;
  float language_confidence = 0;   ///< in [0, 1], where the language was detected; 0: it was given, or unknown
  std::vector<std::string> notes;  ///< what a reader of the result should know, one sentence each
  bool makeshift = false;          ///< something better failed, another time it may not; for who made it, not stored

  bool operator==(const Transcript&) const = default;
};

}  // namespace voxlate
