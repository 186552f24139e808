#pragma once

#include <random>
#include <string>
#include <vector>

#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// A well-formed transcript in a random one of many scripts: with or without word times and punctuation, slow or
/// fast speech, pauses of all lengths. Equal for equal states of `random`.
Transcript random_transcript(std::mt19937& random);

/// As above, but of at most `max_words` words in one of the languages with spaces, each with its time.
Transcript random_spaced_transcript(std::mt19937& random, int max_words);

/// One that keeps no promise: times in any order, negative, beyond the end, all equal; control characters,
/// malformed UTF-8, empty words, words that are not those of the text.
Transcript random_broken_transcript(std::mt19937& random);

}  // namespace voxlate::subtitles
