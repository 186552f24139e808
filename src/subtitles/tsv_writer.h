#pragma once

#include <string>

#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// One row per segment with text, as other speech recognisers write it. Pure.
std::string write_tsv(const Transcript& transcript);

}  // namespace voxlate::subtitles
