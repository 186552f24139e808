#pragma once

#include <span>
#include <string>
#include <string_view>

#include "voxlate/cue.h"

namespace voxlate::subtitles {

/// `cues` as WebVTT; cues without text are left out, text is escaped. A `language` (BCP 47) is stated in a
/// comment. Pure.
std::string write_vtt(std::span<const Cue> cues, std::string_view language = {});

}  // namespace voxlate::subtitles
