#include "app/neural_translation.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "app/devices.h"
#include "base/log.h"
#include "voxlate/error.h"
#include "voxlate/model_store.h"
#ifdef VOXLATE_WITH_TORCH
#include "translation/net_torch/torch_network.h"
#endif

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

ComputeType compute_type(const Config& config) {
  return find_compute_type(config.translation_compute_type).value_or(ComputeType::kAuto);
}

/// Our own kernels on the CPU, libtorch on CUDA.
std::shared_ptr<const translation::Network> build_network(const translation::NetworkReader& reader,
                                                          const Device& device, ComputeType type,
                                                          nn::Compute& compute) {
  if (device.kind == DeviceKind::kCpu) return translation::Network::build(reader, compute, type);
#ifdef VOXLATE_WITH_TORCH
  return translation::build_torch_network(reader, device, type, compute);
#else
  throw Error(ErrorCode::kUnavailable, "no network on " + to_string(device) + " without libtorch");
#endif
}

}  // namespace

Device translation_device(const Config& config) {
  if (config.translation_device == "auto" && compute_type(config) == ComputeType::kInt8) return {};
  return find_device(config, "translation.device", config.translation_device);
}

std::size_t neural_models_limit(const Config& config) {
  return static_cast<std::size_t>(std::max(2, loaded_models_limit(config)));
}

NeuralModels::Loader neural_loader(const Config& config, models::ModelFolder& folder, nn::Compute& compute) {
  return [&folder, &compute, config](const models::ModelKey& key, const std::stop_token& /*stop*/) {
    const translation::NetworkBuilder build = [&](const translation::NetworkReader& reader) {
      return build_network(reader, key.device, key.compute_type, compute);
    };
    auto model = translation::NeuralModel::load(folder.path_of(key.model), build, model_options(config));
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
  const Device device = translation_device(config);
  const auto get = [&cache, device, type = compute_type(config)](const std::string& id, std::stop_token stop) {
    return cache.get({.model = id, .device = device, .engine = kEngineId, .compute_type = type}, std::move(stop));
  };
  translation::NeuralEngine::GetModel fallback;
  if (device.kind != DeviceKind::kCpu) {
    fallback = [&cache](const std::string& id, std::stop_token stop) {
      cache.unload_unused(std::chrono::milliseconds(0));
      return cache.get({.model = id, .device = {}, .engine = kEngineId, .compute_type = ComputeType::kAuto},
                       std::move(stop));
    };
  }
  return std::make_unique<translation::NeuralEngine>(list, get, std::move(fallback));
}

}  // namespace voxlate::app
