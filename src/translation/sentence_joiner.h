#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/transcript.h"

namespace voxlate::translation {

/// What ends a sentence besides its mark.
struct JoinLimits {
  std::size_t max_characters = 0;
  std::chrono::milliseconds max_duration{};
  std::chrono::milliseconds pause{};  ///< silence between two segments
};

struct JoinOptions {
  JoinLimits marked{.max_characters = 500, .max_duration = std::chrono::seconds(30), .pause = std::chrono::seconds(3)};
  /// For text that has hardly any marks, where pauses are all there is.
  JoinLimits unmarked{
      .max_characters = 200, .max_duration = std::chrono::seconds(12), .pause = std::chrono::milliseconds(600)};
  /// A segment is cut where a sentence ends in it when both sides last at least this long.
  std::chrono::milliseconds min_part = std::chrono::seconds(1);
};

/// What one segment gives to a sentence: the media time `[begin, end)` inside it.
struct SentencePart {
  std::size_t segment = 0;  ///< index
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::size_t characters = 0;

  bool operator==(const SentencePart&) const = default;
};

struct Sentence {
  std::string text;
  std::vector<SentencePart> parts;  ///< in order, at least one

  bool operator==(const Sentence&) const = default;
};

/// The whole sentences of `segments`, in order: one may run over several segments, and a segment may hold
/// several. No word is lost or doubled; runs of blanks become one space. Times inside a segment come from its
/// words where there are some, else from the share of characters. `language` is that of the text.
std::vector<Sentence> join_sentences(std::span<const Segment> segments, const std::string& language,
                                     const JoinOptions& options);

/// Lays one translation a sentence back over the times of its parts, each part getting its share of the text.
/// The segments are in order, do not overlap, are never empty and lie inside the time of those they came from: parts
/// for which a sentence has too few words share one segment. They have neither words nor confidence. `language`
/// is that of the translations. A sentence with an empty translation gives no segment.
std::vector<Segment> lay_back(std::span<const Sentence> sentences, std::span<const std::string> translations,
                              const std::string& language, const JoinOptions& options);

}  // namespace voxlate::translation
