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

/// A stretch of speech. `words` is empty where the engine (or a translation) has no word times.
struct Segment {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::string text;  ///< UTF-8, no surrounding space
  std::vector<Word> words;
  float confidence = 0;  ///< posterior in [0, 1]; 0 where unknown

  bool operator==(const Segment&) const = default;
};

/// What was said. Segments are ordered, do not overlap and lie inside the audio; times are media times.
struct Transcript {
  std::string language;  ///< BCP 47, for example "en", "pt-BR"
  std::string engine;    ///< what made it, for example "sphinx en-us" or "apertium eng-spa"
  std::chrono::milliseconds duration{};
  std::vector<Segment> segments;
  std::vector<std::string> notes;  ///< what a reader of the result should know, one sentence each

  bool operator==(const Transcript&) const = default;
};

}  // namespace voxlate
