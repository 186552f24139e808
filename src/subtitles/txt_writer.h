#pragma once

#include <string>

#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// The text of `transcript` for reading: one paragraph, on one line, per stretch of speech without a pause of
/// 2 s or more. Pure.
std::string write_txt(const Transcript& transcript);

/// The text of the segments on one line, joined as the script joins sentences.
std::string join_segments(const Transcript& transcript);

}  // namespace voxlate::subtitles
