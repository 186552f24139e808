#pragma once

#include <span>
#include <vector>

#include "whisper/whisper_model.h"

namespace voxlate::whisper {

/// How probable each language is that the model knows, by its place in `languages()`: the mean of what each window
/// says. Throws `kInternal` without a window.
std::vector<float> language_probabilities(const WhisperModel& model, std::span<const std::vector<float>> windows);

/// The most probable language over all windows; the only one that a model of English knows.
int vote_for_language(const WhisperModel& model, std::span<const std::vector<float>> windows);

}  // namespace voxlate::whisper
