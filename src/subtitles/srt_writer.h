#pragma once

#include <span>
#include <string>

#include "voxlate/cue.h"

namespace voxlate::subtitles {

/// `cues` as SubRip; cues without text are left out. Any text gives a file with as many cues as had text. Pure.
std::string write_srt(std::span<const Cue> cues);

}  // namespace voxlate::subtitles
