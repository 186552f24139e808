#include "app/neural_translation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "voxlate/device.h"
#include "voxlate/model_store.h"

namespace voxlate::app {
namespace {

constexpr const char* kEngineId = "neural";

translation::NeuralModel::Options model_options(const Config& config) {
  translation::NeuralModel::Options options;
  options.search.beam_size = config.translation_beam_size;
  options.search.n_best = config.translation_beam_size;
  options.batch.max_sentences = static_cast<std::size_t>(config.translation_max_sentences);
  return options;
}

}  // namespace

std::size_t neural_models_limit(const Config& config) {
  return static_cast<std::size_t>(std::max(2, loaded_models_limit(config)));
}

NeuralModels::Loader neural_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute) {
  return [&folder, &compute, config](const models::ModelKey& key, const std::stop_token& /*stop*/) {
    auto model =
        translation::NeuralModel::load(folder.path_of(key.model), compute, key.compute_type, model_options(config));
    const std::size_t bytes = model->size_bytes();
    log::info("model loaded", {{"model", key.model}, {"network", model->description()}, {"bytes", bytes}});
    return NeuralModels::Loaded{.model = std::move(model), .size_bytes = bytes};
  };
}

std::unique_ptr<translation::NeuralEngine> make_neural(const Config& config, models::ModelFolder& folder,
                                                       NeuralModels& cache) {
  const auto list = [&folder] {
    std::vector<translation::InstalledModel> installed;
    for (const models::ModelFile& file : folder.scan()) {
      if (file.info.kind != ModelKind::kTranslation || !file.info.usable) continue;
      installed.push_back(
          {.id = file.info.id, .folder = file.path, .source = file.info.source, .target = file.info.target});
    }
    return installed;
  };
  const ComputeType type = find_compute_type(config.translation_compute_type).value_or(ComputeType::kAuto);
  const auto get = [&cache, type](const std::string& id, std::stop_token stop) {
    return cache.get({.model = id, .device = {}, .engine = kEngineId, .compute_type = type}, std::move(stop));
  };
  return std::make_unique<translation::NeuralEngine>(list, get);
}

}  // namespace voxlate::app
