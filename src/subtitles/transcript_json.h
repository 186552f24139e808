#pragma once

#include <string>
#include <string_view>

#include "voxlate/transcriber.h"
#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// The JSON forms of a transcript and of a finished window; their grammar heads transcript_json.cpp. One line,
/// UTF-8. `parse(write(x)) == x` for all times of 0 to 10^9 s with begin <= end, confidences in [0, 1] and valid
/// UTF-8; malformed UTF-8 is written as U+FFFD, a confidence that is no number as 0. Pure.
std::string write_transcript_json(const Transcript& transcript);
std::string write_window_json(const Window& window);

/// Unknown keys are skipped, absent words, notes, confidences and names are empty. Throws `kCorrupt`, naming the
/// key, for anything else that the grammar does not allow.
Transcript parse_transcript_json(std::string_view json);
Window parse_window_json(std::string_view json);

}  // namespace voxlate::subtitles
