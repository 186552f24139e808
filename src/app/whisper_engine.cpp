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

ComputeType compute_type_of(const Config& config) {
  for (const ComputeType type : {ComputeType::kFloat32, ComputeType::kFloat16}) {
    if (to_string(type) == config.whisper_compute_type) return type;
  }
  return ComputeType::kAuto;
}

bool is_turbo(std::string_view id) { return id.find("turbo") != std::string_view::npos; }

std::vector<std::string> languages_of(const ModelInfo& model) {
  std::vector<std::string> codes;
  for (int language = 0; language < model.n_languages; ++language) codes.emplace_back(whisper::bcp47_code(language));
  return codes;
}

/// Silero where its model is installed, else by level. Regions come at most 3 s later than they are long.
std::unique_ptr<VoiceActivityDetector> make_detector(models::ModelFolder& folder, nn::Compute& compute) {
  // A recogniser hears words better with some of the pause around them.
  constexpr std::chrono::milliseconds kMinSilence{400};
  constexpr std::chrono::milliseconds kPadding{200};
  constexpr std::chrono::milliseconds kMaxRegion{27'000};
  for (const models::ModelFile& file : folder.scan()) {
    if (file.info.kind != ModelKind::kVoiceActivity || !file.info.usable) continue;
    return std::make_unique<vad::SileroVoiceDetector>(
        vad::SileroNetwork::load(file.path, compute),
        vad::SileroVoiceDetector::Options{.min_silence = kMinSilence, .padding = kPadding, .max_region = kMaxRegion});
  }
  return std::make_unique<vad::EnergyVoiceDetector>(vad::EnergyVoiceDetector::Options{.max_region = kMaxRegion});
}

TranscriberInfo info_of(models::ModelFolder& folder) {
  TranscriberInfo info{.id = std::string(kEngineId),
                       .name = "Whisper",
                       .languages = {},
                       .notice = "",
                       .models = usable_whisper_models(folder)};
  for (const TranscriberModel& model : info.models) {
    if (model.languages.size() > info.languages.size()) info.languages = model.languages;
  }
  return info;
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
  for (const ModelInfo& model : usable) {
    models.push_back(
        {.id = model.id, .languages = languages_of(model), .translates = model.n_languages > 1 && !is_turbo(model.id)});
  }
  return models;
}

WhisperModels::Loader whisper_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute) {
  const whisper::WindowBatcher::Options options{.max_windows = static_cast<std::size_t>(config.whisper_max_windows)};
  return [&folder, &compute, options](const models::ModelKey& key, const std::stop_token& /*stop*/) {
    auto network = load_whisper_network(folder.path_of(key.model), key.device, key.compute_type, compute);
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
  options.max_pending = static_cast<std::size_t>(config.whisper_max_windows);
  if (config.whisper_long_audio == "sequential") options.long_audio = whisper::LongAudio::kSequential;
  const ComputeType type = compute_type_of(config);
  const Device device = whisper_device(config);
  return std::make_unique<whisper::WhisperTranscriber>(
      options, [&folder] { return info_of(folder); },
      [&folder, &cache, device, type](const std::string& name, std::stop_token stop) {
        const std::vector<TranscriberModel> usable = usable_whisper_models(folder);
        if (usable.empty()) throw Error(ErrorCode::kUnavailable, "no Whisper model is installed");
        return cache.get({.model = name.empty() ? usable.front().id : name,
                          .device = device,
                          .engine = std::string(kEngineId),
                          .compute_type = type},
                         std::move(stop));
      },
      [&folder, &compute] { return make_detector(folder, compute); });
}

}  // namespace voxlate::app
