#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "subtitles/profile.h"
#include "subtitles/speech_units.h"

namespace voxlate::subtitles {

/// How a cue's units are spread over lines.
struct LineLayout {
  std::vector<std::size_t> ends;  ///< for each line the index after its last unit
  int length = 0;                 ///< characters of all lines together
  double taste = 0;               ///< what a reader is disturbed by, 0 and up
  double excess = 0;              ///< 0 when all lines fit; a single unit wider than a line counts as fitting
};

/// The best layout of `units` (not empty) in at most `profile.lines` lines: one line where it fits, else as few
/// as possible, cut where it disturbs least, lengths balanced, the upper line rather the shorter one.
LineLayout lay_out_lines(std::span<const SpeechUnit> units, const Profile& profile);

/// Units on one line.
std::string join_units(std::span<const SpeechUnit> units);

/// Characters of `units` on one line.
int line_length(std::span<const SpeechUnit> units);

}  // namespace voxlate::subtitles
