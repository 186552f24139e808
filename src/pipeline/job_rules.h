#pragma once

#include <string>
#include <string_view>

#include "voxlate/job.h"
#include "voxlate/system_status.h"

namespace voxlate::pipeline {

/// Fills what the user left open (language where only one can be meant, formats) and refuses what this
/// installation cannot do, before anything is stored: `kInvalidInput` for an option that is wrong anywhere,
/// `kUnsupported` for a language or pair that is not installed here, naming what is.
void complete_spec(JobSpec& spec, const Capabilities& capabilities);

/// The result's name: "talk.mp4", "es", "srt" -> "talk.es.srt".
std::string result_name(std::string_view source_name, std::string_view language, std::string_view extension);

/// "en" of "en-US".
std::string_view primary_language(std::string_view tag);

}  // namespace voxlate::pipeline
