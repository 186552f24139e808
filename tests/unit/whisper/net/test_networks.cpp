#include "tests/unit/whisper/net/test_networks.h"

#include <cctype>
#include <cmath>
#include <fstream>
#include <random>

#include "tests/unit/model_file/model_writer.h"
#ifdef VOXLATE_WITH_TORCH
#include "whisper/net_torch/torch_network.h"
#endif

namespace voxlate::whisper {
namespace {

/// Weights such as training begins with, in f32.
void randomise(model_file::WrittenTensor& tensor, std::mt19937& engine) {
  const bool is_norm = tensor.name.ends_with("ln.weight") || tensor.name.ends_with("ln_post.weight");
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor.shape) count *= extent;
  const std::int64_t inputs = count / tensor.shape.front();
  std::normal_distribution<float> distribution(is_norm ? 1.0F : 0.0F,
                                               is_norm ? 0.1F : 1.5F / std::sqrt(static_cast<float>(inputs)));
  tensor.type = 0;
  tensor.data.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    const float weight = distribution(engine);
    tensor.data.append(reinterpret_cast<const char*>(&weight), sizeof weight);
  }
}

}  // namespace

std::vector<Backend> backends() {
  std::vector<Backend> all{{.name = "Own",
                            .types = {ComputeType::kFloat32, ComputeType::kFloat16, ComputeType::kInt8},
                            .load = Network::load}};
#ifdef VOXLATE_WITH_TORCH
  all.push_back({.name = "Torch",
                 .types = {ComputeType::kFloat32},
                 .load = [](const std::filesystem::path& path, nn::Compute& compute, ComputeType type) {
                   return load_torch_network(path, {.kind = DeviceKind::kCpu}, type, compute);
                 }});
#endif
  return all;
}

std::vector<Computing> ways_of_computing() {
  std::vector<Computing> ways;
  for (const Backend& backend : backends()) {
    for (const ComputeType type : backend.types) ways.push_back({.backend = backend, .type = type});
  }
  return ways;
}

std::string name_of(const Computing& computing) {
  std::string type(to_string(computing.type));
  type.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
  return computing.backend.name + type;
}

std::vector<float> noise(unsigned seed, std::size_t count) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, 0.2F);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = distribution(engine);
  return samples;
}

void write_small_model(const std::filesystem::path& path, int n_text_ctx, int n_audio_ctx) {
  model_file::WhisperDims dims = model_file::small_dims();
  dims.n_text_ctx = n_text_ctx;
  dims.n_audio_ctx = n_audio_ctx;
  dims.n_audio_state = dims.n_text_state = 32;
  dims.n_audio_head = dims.n_text_head = 2;
  dims.n_audio_layer = dims.n_text_layer = 2;
  model_file::WrittenWhisper model = model_file::make_whisper(dims);
  std::mt19937 engine(4);
  for (model_file::WrittenTensor& tensor : model.tensors) randomise(tensor, engine);
  std::ofstream(path, std::ios::binary) << model_file::write_ggml(model);
}

}  // namespace voxlate::whisper
