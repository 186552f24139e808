#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "translation/protected_text.h"
#include "translation/sentence_joiner.h"

namespace voxlate::translation {

/// One of the n-best translations of a sentence, everything put back.
struct CheckedVersion {
  std::string text;
  double score = 0;  ///< mean log-probability of a token: 0 at best
  std::vector<Problem> problems;
  bool is_broken = false;  ///< cut at its longest, or it said the same again and again
};

struct VersionRule {
  double characters_per_second = 17;  ///< that a reader must not need more than; 0: not looked at
  double score_margin = 0.5;          ///< how much worse than the best a version may be, penalties included
  double problem_penalty = 0.25;      ///< for each missing number and lost or doubled place holder
  double broken_penalty = 2;
};

/// Which of `versions` to show for `sentence`: its index.
///
/// A version is worth its score less the penalties of its problems. Only those that are worth at most `score_margin`
/// less than the best are looked at: a translation must not become another one for the sake of a shorter cue. Of
/// these it is the best whose text can be read in time, laid back over the sentence's times; if none can, the one with
/// the fewest characters. Of equal ones the earlier is taken. A version without text comes only when all are.
/// Characters are grapheme clusters, spaces count, tags do not. `language` is that of the versions; there is at least
/// one.
std::size_t choose_version(const Sentence& sentence, std::span<const CheckedVersion> versions,
                           const std::string& language, const JoinOptions& join, const VersionRule& rule);

/// The characters a second that the fastest cue of `text` asks for when it is laid back; infinite for one that lasts
/// no time, 0 without text.
double needed_reading_speed(const Sentence& sentence, const std::string& text, const std::string& language,
                            const JoinOptions& join);

}  // namespace voxlate::translation
