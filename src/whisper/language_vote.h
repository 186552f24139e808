#pragma once

#include <memory>
#include <span>
#include <vector>

#include "whisper/whisper_model.h"

namespace voxlate::whisper {

/// How probable each language is that the model knows, by its place in `languages()`: the mean of what each window
/// says. Throws `kInternal` without a window.
std::vector<float> language_probabilities(const WhisperModel& model,
                                          std::span<const std::shared_ptr<const EncodedAudio>> windows);

}  // namespace voxlate::whisper
