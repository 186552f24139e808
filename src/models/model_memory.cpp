#include "models/model_memory.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace voxlate::models {
namespace {

/// Bytes of memory for each weight of the network while a batch of eight windows is decoded.
constexpr double kBatchBytesPerWeight = 3.6;
constexpr double kBatch = 8;

struct WeightSize {
  std::string_view quantisation;
  double bytes_in_file;
};
constexpr std::array kWeightSizes = {WeightSize{"f32", 4},       WeightSize{"f16", 2},       WeightSize{"q8_0", 1.0625},
                                     WeightSize{"q5_1", 0.75},   WeightSize{"q5_0", 0.6875}, WeightSize{"q4_1", 0.625},
                                     WeightSize{"q4_0", 0.5625}, WeightSize{"float32", 4},   WeightSize{"float16", 2},
                                     WeightSize{"bfloat16", 2},  WeightSize{"int16", 2},     WeightSize{"int8", 1}};

double bytes_in_file(std::string_view quantisation) {
  const auto size = std::ranges::find(kWeightSizes, quantisation, &WeightSize::quantisation);
  return size != kWeightSizes.end() ? size->bytes_in_file : 1;
}

double weights_of(const ModelInfo& model) {
  return static_cast<double>(model.size_bytes) / bytes_in_file(model.quantisation);
}

}  // namespace

std::uint64_t memory_of_weights(const ModelInfo& model, bool computes_integers) {
  const bool is_integer = computes_integers || bytes_in_file(model.quantisation) < 2;
  return static_cast<std::uint64_t>(weights_of(model) * (is_integer ? 1 : 4));
}

std::uint64_t memory_of_windows(const ModelInfo& model, double windows) {
  return static_cast<std::uint64_t>(weights_of(model) * kBatchBytesPerWeight * windows / kBatch);
}

}  // namespace voxlate::models
