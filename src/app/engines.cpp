#include "app/engines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "app/job_memory.h"
#include "app/media_files.h"
#include "app/model_files.h"
#include "app/neural_translation.h"
#include "app/remote_translators.h"
#include "app/whisper_engine.h"
#include "app/whisper_network.h"
#include "sphinx/sphinx_transcriber.h"
#include "subtitles/format.h"
#include "subtitles/profile.h"
#include "translation/apertium_engine.h"
#include "vad/energy_voice_detector.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

std::unique_ptr<Transcriber> make_sphinx(const Config& config, WorkerSlots* slots) {
  return std::make_unique<sphinx::SphinxTranscriber>(
      sphinx::SphinxTranscriber::Options{
          .model_folder = config.sphinx_model_dir, .decoders = config.sphinx_decoders, .settings = {}, .slots = slots},
      [] { return std::make_unique<vad::EnergyVoiceDetector>(); });
}

/// Those on this machine by quality, then servers, or servers first when configured so.
std::unique_ptr<translation::RoutingTranslator> make_translator(const Config& config, models::ModelFolder& folder,
                                                                NeuralModels& models, Cache* translations) {
  std::vector<std::unique_ptr<translation::SentenceEngine>> engines;
  engines.push_back(make_neural(config, folder, models));
  engines.push_back(
      std::make_unique<translation::ApertiumEngine>(translation::ApertiumOptions{.modes = apertium_modes(config)}));
  const auto local = static_cast<std::ptrdiff_t>(engines.size());
  if (auto libretranslate = make_libretranslate(config)) engines.push_back(std::move(libretranslate));
  if (auto chat = make_chat(config)) engines.push_back(std::move(chat));
  if (config.translation_remote_first) std::rotate(engines.begin(), engines.begin() + local, engines.end());
  translation::RoutingOptions options;
  options.cache = translations;
  return std::make_unique<translation::RoutingTranslator>(std::move(engines), std::move(options));
}

template <typename Loader>
Loader timed(Loader load, StageTimings& timings) {
  return [load = std::move(load), &timings](const models::ModelKey& key, const std::stop_token& stop) {
    StageTimer timer(timings, "load_model");
    auto loaded = load(key, stop);
    timer.finish();
    return loaded;
  };
}

/// A model that has rested so long goes when memory is short, whatever `models.idle_seconds` says.
constexpr std::chrono::seconds kIdleUnderPressure{10};

}  // namespace

Engines::Engines(const Config& config, const Clock& clock, StageTimings& timings, Cache* translations,
                 WorkerSlots* slots)
    : timings_(timings),
      slots_(slots),
      media_(make_media_reader(config)),
      model_idle_time_(config.models_idle_time),
      computes_integers_(whisper_compute_type(config) == ComputeType::kInt8),
      max_windows_(config.whisper_max_windows),
      compute_(whisper_threads(config)),
      model_folder_(model_folder_options(config), inspect_model_file, inspect_model_folder),
      whisper_models_(static_cast<std::size_t>(loaded_models_limit(config)),
                      timed(whisper_loader(config, model_folder_, compute_), timings), clock),
      neural_models_(neural_models_limit(config), timed(neural_loader(config, model_folder_, compute_), timings),
                     clock),
      translator_(make_translator(config, model_folder_, neural_models_, translations)) {
  transcribers_.push_back(make_whisper(config, model_folder_, whisper_models_, compute_));
  if (sphinx::model_is_installed(config.sphinx_model_dir)) transcribers_.push_back(make_sphinx(config, slots));
}

translation::ApertiumModesOptions apertium_modes(const Config& config) {
  return {.modes_folder = config.apertium_modes_dir, .pairs = config.translation_pairs};
}

Transcriber& Engines::find(std::string_view id) const {
  for (const auto& transcriber : transcribers_) {
    if (transcriber->info().id == id) return *transcriber;
  }
  throw Error(ErrorCode::kUnsupported, fmt::format("the recogniser \"{}\" is not installed any more", id));
}

Capabilities Engines::capabilities() const {
  translator_->look_again();  // models come and go
  Capabilities capabilities{.engines = {},
                            .routes = translator_->routes(),
                            .formats = subtitles::format_names(),
                            .profiles = subtitles::profile_names()};
  for (const auto& transcriber : transcribers_) {
    TranscriberInfo info = transcriber->info();
    if (!info.languages.empty()) capabilities.engines.push_back(std::move(info));  // else it has no model yet
  }
  return capabilities;
}

std::vector<ModelInMemory> Engines::models_in_memory(TimePoint now) const {
  std::vector<ModelInMemory> models;
  for (const models::LoadedModel& loaded : loaded_models_.loaded()) {
    models.push_back({.id = loaded.key.model,
                      .engine = loaded.key.engine,
                      .device = to_string(loaded.key.device),
                      .compute_type = std::string(to_string(loaded.key.compute_type)),
                      .size_bytes = loaded.size_bytes,
                      .idle = std::chrono::duration_cast<std::chrono::seconds>(now - loaded.last_use),
                      .in_use = loaded.in_use});
  }
  return models;
}

void Engines::refresh_translations(const std::stop_token& stop) { translator_->refresh(stop); }

void Engines::unload_idle_models() {
  if (model_idle_time_.count() == 0) return;
  whisper_models_.unload_unused(model_idle_time_);
  neural_models_.unload_unused(model_idle_time_);
}

std::vector<MemoryHolder> Engines::memory_holders() {
  const auto bytes_of = [](const models::LoadedModels& models) {
    std::uint64_t bytes = 0;
    for (const models::LoadedModel& loaded : models.loaded()) bytes += loaded.size_bytes;
    return bytes;
  };
  const auto idle_time = [](ReleaseMode mode) {
    return mode == ReleaseMode::kAggressive ? std::chrono::seconds(0) : kIdleUnderPressure;
  };
  return {{.name = "translation models",
           .bytes = [this, bytes_of] { return bytes_of(neural_models_); },
           .release = [this, idle_time](ReleaseMode mode) { return neural_models_.unload_unused(idle_time(mode)); },
           .created = [this] { return neural_models_.created(); },
           .freed = [this] { return neural_models_.freed(); }},
          {.name = "recogniser models",
           .bytes = [this, bytes_of] { return bytes_of(whisper_models_); },
           .release = [this, idle_time](ReleaseMode mode) { return whisper_models_.unload_unused(idle_time(mode)); },
           .created = [this] { return whisper_models_.created(); },
           .freed = [this] { return whisper_models_.freed(); }}};
}

std::uint64_t Engines::memory_needed(const Job& job) const {
  return app::memory_needed(job, {.files = model_folder_.scan(),
                                  .loaded = loaded_models_.loaded(),
                                  .computes_integers = computes_integers_,
                                  .max_windows = max_windows_});
}

pipeline::JobTools Engines::tools() const {
  return {.transcriber = [this](std::string_view id) -> Transcriber& { return find(id); },
          .translator = *translator_,
          .media = *media_,
          .timings = timings_,
          .slots = slots_};
}

}  // namespace voxlate::app
