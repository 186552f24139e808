#pragma once

#include <cstddef>
#include <memory>

#include "config/config.h"
#include "models/model_cache.h"
#include "models/model_folder.h"
#include "nn/compute.h"
#include "translation/neural_engine.h"
#include "translation/neural_model.h"
#include "voxlate/device.h"

namespace voxlate::app {

using NeuralModels = models::ModelCache<translation::NeuralModel>;

/// Where translation networks live: what `translation.device` says, as `find_device` does, but "auto" is the CPU for
/// what only the CPU computes (int8).
Device translation_device(const Config& config);

/// Models that may be in memory: as many as of the recogniser, and always two, for a way over a language between.
std::size_t neural_models_limit(const Config& config);

/// Loads what the cache lacks: a model's folder is where `folder` says. Borrows both.
NeuralModels::Loader neural_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute);

/// The engine over the translation models of the folder, which may change while it runs. Borrows all but `config`.
/// Throws what `translation_device` throws.
std::unique_ptr<translation::NeuralEngine> make_neural(const Config& config, models::ModelFolder& folder,
                                                       NeuralModels& cache);

}  // namespace voxlate::app
