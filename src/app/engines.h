#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "app/neural_translation.h"
#include "app/whisper_engine.h"
#include "base/clock.h"
#include "config/config.h"
#include "models/model_folder.h"
#include "nn/compute.h"
#include "pipeline/run_job.h"
#include "translation/apertium_modes.h"
#include "translation/routing_translator.h"
#include "voxlate/cache.h"
#include "voxlate/memory_holder.h"
#include "voxlate/stage_timings.h"
#include "voxlate/system_status.h"
#include "voxlate/transcriber.h"

namespace voxlate::app {

/// The recognisers and the translator of this installation, as `serve` and `transcribe` both use them.
/// Thread-safe after construction.
class Engines {
 public:
  /// `translations` is for sentences that come again; null: none are kept. `slots`: see `JobTools`. All but `config`
  /// outlive the object.
  Engines(const Config& config, const Clock& clock, StageTimings& timings, Cache* translations,
          WorkerSlots* slots = nullptr);

  /// Whisper is in it while a model for it is installed. No engine in it: the model of the embedded recogniser is
  /// not installed either.
  Capabilities capabilities() const;

  models::ModelFolder& model_folder() { return model_folder_; }
  models::LoadedModels& loaded_models() { return loaded_models_; }
  const media::MediaReader& media() const { return *media_; }

  std::vector<ModelInMemory> models_in_memory(TimePoint now) const;

  /// Asks servers that translate for what they can do, when it is time to; what they can do is no part of
  /// `capabilities` before. Blocks meanwhile. Throws `kUnavailable` and `kTimeout` for one that cannot be asked.
  void refresh_translations(const std::stop_token& stop);

  /// Frees models that no job has used for the configured time; called every now and then.
  void unload_idle_models();

  /// What can be given back, the cheapest first. Borrows from this object.
  std::vector<MemoryHolder> memory_holders();

  /// What the job is going to take beyond what is taken already; rather too much than too little.
  std::uint64_t memory_needed(const Job& job) const;

  /// Borrows from this object.
  pipeline::JobTools tools() const;

 private:
  Transcriber& find(std::string_view id) const;

  StageTimings& timings_;
  WorkerSlots* const slots_;
  const std::unique_ptr<media::MediaReader> media_;  // first: its process starts while the rest is made
  const std::chrono::seconds model_idle_time_;
  const bool computes_integers_;
  const int max_windows_;
  nn::Compute compute_;
  mutable models::ModelFolder model_folder_;
  WhisperModels whisper_models_;
  NeuralModels neural_models_;
  models::JoinedModels loaded_models_{{&whisper_models_, &neural_models_}};
  std::vector<std::unique_ptr<Transcriber>> transcribers_;  // best first
  std::unique_ptr<translation::RoutingTranslator> translator_;
};

/// What Config means to the modules.
translation::ApertiumModesOptions apertium_modes(const Config& config);

}  // namespace voxlate::app
