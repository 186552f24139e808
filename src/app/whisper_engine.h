#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"
#include "models/model_cache.h"
#include "models/model_folder.h"
#include "nn/compute.h"
#include "voxlate/system_status.h"
#include "voxlate/transcriber.h"
#include "whisper/whisper_model.h"

namespace voxlate::app {

using WhisperModels = models::ModelCache<whisper::WhisperModel>;

/// Loads what the cache lacks: a model's file is where `folder` says. Borrows both.
WhisperModels::Loader whisper_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute);

/// The Whisper engine over the models of the folder, which may change while it runs. Borrows all but `config`.
/// Throws what `whisper_device` throws.
std::unique_ptr<Transcriber> make_whisper(const Config& config, models::ModelFolder& folder, WhisperModels& cache,
                                          nn::Compute& compute);

/// Models of the Whisper engine that can be loaded now, the best first: the larger network, then the one that knows
/// more languages, then the less quantised one; what is not listed comes last.
std::vector<TranscriberModel> usable_whisper_models(models::ModelFolder& folder);

/// Adds the Whisper models among the known ones of these ids, behind those that are here.
void add_awaited_models(Capabilities& capabilities, const std::vector<std::string>& ids);

}  // namespace voxlate::app
