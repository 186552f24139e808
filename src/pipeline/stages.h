#pragma once

#include <string_view>

namespace voxlate::pipeline {

/// Stages of checkpoints. A window's key is its times, the transcript's is empty, a translation's its language.
inline constexpr std::string_view kWindowStage = "window";
inline constexpr std::string_view kTranscriptStage = "transcript";
inline constexpr std::string_view kTranslationStage = "translation";

/// The transcript with all word times, kept among the results of every completed job but not offered as one:
/// no result has a name without a language.
inline constexpr std::string_view kTranscriptFile = "transcript.json";

}  // namespace voxlate::pipeline
