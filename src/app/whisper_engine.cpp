#include "app/whisper_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "app/whisper_network.h"
#include "base/log.h"
#include "health/sampler.h"
#include "vad/energy_voice_detector.h"
#include "vad/silero_network.h"
#include "vad/silero_voice_detector.h"
#include "voxlate/error.h"
#include "whisper/languages.h"
#include "whisper/whisper_transcriber.h"

namespace voxlate::app {
namespace {

constexpr std::string_view kEngineId = "whisper";

/// The sizes of the published models, the best last. A name that another one begins with stands before it.
constexpr std::array<std::string_view, 8> kSizes = {"tiny",     "base",     "small",          "medium",
                                                    "large-v1", "large-v2", "large-v3-turbo", "large-v3"};
constexpr std::size_t kTurbo = 6;

std::size_t size_of(std::string_view id) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    if (id.starts_with(kSizes[i]) && (size != kTurbo || kSizes[i] != "large-v3")) size = i;
  }
  return size;
}

bool is_turbo(std::string_view id) { return id.find("turbo") != std::string_view::npos; }

TranscriberModel transcriber_model(const std::string& id, int n_languages) {
  TranscriberModel model{.id = id, .languages = {}, .translates = n_languages > 1 && !is_turbo(id)};
  for (int language = 0; language < n_languages; ++language)
    model.languages.emplace_back(whisper::bcp47_code(language));
  return model;
}

/// A recogniser hears words better with some of the pause around them: the defaults are longer than Silero's.
vad::SileroVoiceDetector::Options speech_options(const Config& config) {
  return {.threshold = static_cast<float>(config.vad_threshold),
          .min_speech = config.vad_min_speech,
          .min_silence = config.vad_min_silence,
          .padding = config.vad_padding,
          .max_region = config.vad_max_speech};
}

/// Silero where its model is installed, else by level. Regions come at most 3 s later than they are long.
std::unique_ptr<VoiceActivityDetector> make_detector(models::ModelFolder& folder, nn::Compute& compute,
                                                     const vad::SileroVoiceDetector::Options& options) {
  for (const models::ModelFile& file : folder.scan()) {
    if (file.info.kind != ModelKind::kVoiceActivity || !file.info.usable) continue;
    return std::make_unique<vad::SileroVoiceDetector>(vad::SileroNetwork::load(file.path, compute), options);
  }
  return std::make_unique<vad::EnergyVoiceDetector>(
      vad::EnergyVoiceDetector::Options{.min_silence = std::max(options.min_silence, 2 * options.padding),
                                        .padding = options.padding,
                                        .max_region = options.max_region});
}

void add_models(TranscriberInfo& info, std::vector<TranscriberModel> models) {
  for (TranscriberModel& model : models) {
    if (model.languages.size() > info.languages.size()) info.languages = model.languages;
    info.models.push_back(std::move(model));
  }
}

TranscriberInfo whisper_info(std::vector<TranscriberModel> models) {
  TranscriberInfo info{
      .id = std::string(kEngineId), .name = "Whisper", .languages = {}, .notice = "", .needs_vad = false};
  add_models(info, std::move(models));
  return info;
}

std::string best_model(models::ModelFolder& folder) {
  const std::vector<TranscriberModel> usable = usable_whisper_models(folder);
  if (usable.empty()) throw Error(ErrorCode::kUnavailable, "no Whisper model is installed");
  return usable.front().id;
}

}  // namespace

std::vector<TranscriberModel> usable_whisper_models(models::ModelFolder& folder) {
  std::vector<ModelInfo> usable;
  for (models::ModelFile& file : folder.scan()) {
    if (file.info.kind == ModelKind::kWhisper && file.info.usable) usable.push_back(std::move(file.info));
  }
  const auto rank = [](const ModelInfo& model) {
    return std::tuple(model.listed, size_of(model.id), model.n_languages, model.size_bytes);
  };
  std::stable_sort(usable.begin(), usable.end(),
                   [&](const ModelInfo& a, const ModelInfo& b) { return rank(a) > rank(b); });
  std::vector<TranscriberModel> models;
  for (const ModelInfo& model : usable) models.push_back(transcriber_model(model.id, model.n_languages));
  return models;
}

void add_awaited_models(Capabilities& capabilities, const std::vector<std::string>& ids) {
  std::vector<TranscriberModel> awaited;
  for (const std::string& id : ids) {
    const models::KnownModel* known = models::find_model(models::known_models(), id);
    if (known == nullptr || known->kind != ModelKind::kWhisper) continue;
    awaited.push_back(transcriber_model(id, known->n_languages));
    awaited.back().awaited = true;
  }
  if (awaited.empty()) return;
  const auto whisper = std::ranges::find(capabilities.engines, kEngineId, &TranscriberInfo::id);
  if (whisper == capabilities.engines.end())
    capabilities.engines.push_back(whisper_info(std::move(awaited)));
  else
    add_models(*whisper, std::move(awaited));
}

/// Windows decoded at once: as many as half of the free memory holds, at most what is set.
std::size_t windows_at_once(const Config& config, const whisper::Network& network) {
  const auto wanted = static_cast<std::size_t>(config.whisper_max_windows);
  const std::size_t each = network.window_bytes(std::max(config.whisper_beam_size, config.whisper_best_of));
  const ResourceSample resources = health::Sampler().look(SystemClock().now());
  if (each == 0 || resources.memory_total_bytes == 0) return wanted;
  const std::size_t free =
      resources.memory_total_bytes - std::min(resources.memory_used_bytes, resources.memory_total_bytes);
  const std::size_t fitting = std::clamp<std::size_t>(free / 2 / each, 1, wanted);
  if (fitting < wanted)
    log::warning("free memory limits the windows decoded at once",
                 {{"windows", fitting}, {"wanted", wanted}, {"bytes_each", each}, {"free_bytes", free}});
  return fitting;
}

WhisperModels::Loader whisper_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute) {
  return [&folder, &compute, config](const models::ModelKey& key, const std::stop_token& /*stop*/) {
    auto network = load_whisper_network(folder.path_of(key.model), key.device, key.compute_type, compute);
    const std::size_t windows = windows_at_once(config, *network);
    const whisper::WindowBatcher::Options options{.max_windows = windows,
                                                  .max_encoded = key.device.kind == DeviceKind::kCuda ? windows : 1};
    log::info("model loaded",
              {{"model", key.model}, {"network", network->description()}, {"bytes", network->size_bytes()}});
    const std::size_t bytes = network->size_bytes();
    return WhisperModels::Loaded{
        .model = std::make_shared<const whisper::WhisperModel>(key.model, std::move(network), options),
        .size_bytes = bytes};
  };
}

std::unique_ptr<Transcriber> make_whisper(const Config& config, models::ModelFolder& folder, WhisperModels& cache,
                                          nn::Compute& compute) {
  whisper::WhisperTranscriber::Options options;
  options.decoding.beam_size = config.whisper_beam_size;
  options.decoding.best_of = config.whisper_best_of;
  if (!config.whisper_fallback) options.decoding.temperatures.resize(1);
  options.decoding.whole_windows = config.whisper_whole_windows;
  options.max_pending = static_cast<std::size_t>(config.whisper_max_windows);
  if (config.whisper_long_audio == "sequential") options.long_audio = whisper::LongAudio::kSequential;
  const ComputeType type = whisper_compute_type(config);
  const Device device = whisper_device(config);
  whisper::WhisperTranscriber::Fallback fallback;
  if (device.kind != DeviceKind::kCpu) {
    fallback = [&cache](const whisper::WhisperModel& model, std::stop_token stop) {
      cache.unload_unused(std::chrono::milliseconds(0));
      return cache.get({.model = model.name(),
                        .device = {.kind = DeviceKind::kCpu},
                        .engine = std::string(kEngineId),
                        .compute_type = ComputeType::kAuto},
                       std::move(stop));
    };
  }
  return std::make_unique<whisper::WhisperTranscriber>(
      options, [&folder] { return whisper_info(usable_whisper_models(folder)); },
      [&folder, &cache, device, type](const std::string& name, std::stop_token stop) {
        return cache.get({.model = name.empty() ? best_model(folder) : name,
                          .device = device,
                          .engine = std::string(kEngineId),
                          .compute_type = type},
                         std::move(stop));
      },
      std::move(fallback),
      [&folder, &compute, speech = speech_options(config)] { return make_detector(folder, compute, speech); });
}

}  // namespace voxlate::app
