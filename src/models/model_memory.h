#pragma once

#include <cstdint>

#include "voxlate/model_store.h"

namespace voxlate::models {

/// Estimates of what a model takes in memory, before it is loaded. Rather too much than too little: they follow what
/// was measured of tiny to small (README, benchmarks), and go on in proportion.

/// Its weights: a byte each where it is quantised or `computes_integers`, else four. 0 for a model of unknown size.
std::uint64_t memory_of_weights(const ModelInfo& model, bool computes_integers);

/// Encoded sound and caches of `windows` that are decoded at once by a Whisper model.
std::uint64_t memory_of_windows(const ModelInfo& model, double windows);

}  // namespace voxlate::models
