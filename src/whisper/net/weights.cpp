#include "whisper/net/weights.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace voxlate::whisper {
namespace {

float query_scale(int head_width) { return 1 / std::sqrt(static_cast<float>(head_width)); }

}  // namespace

Network::Shape shape_of(const model_file::WhisperDims& dims) {
  return {.n_vocab = dims.n_vocab,
          .n_audio_ctx = dims.n_audio_ctx,
          .n_text_ctx = dims.n_text_ctx,
          .n_text_layer = dims.n_text_layer,
          .n_text_head = dims.n_text_head,
          .n_mels = dims.n_mels};
}

nn::SelfAttention Weights::self_attention(const std::string& name, int heads) const {
  const model_file::TensorView& queries = file_.tensor(name + ".attn.query.weight");
  const float scale = query_scale(static_cast<int>(queries.shape.at(0)) / heads);
  return {.norm = layer_norm(name + ".attn_ln"),
          .query_key_value = joined({{name + ".attn.query", scale}, {name + ".attn.key"}, {name + ".attn.value"}}),
          .out = linear(name + ".attn.out")};
}

nn::CrossAttention Weights::cross_attention(const std::string& name, int heads) const {
  const model_file::TensorView& queries = file_.tensor(name + ".cross_attn.query.weight");
  const float scale = query_scale(static_cast<int>(queries.shape.at(0)) / heads);
  return {.norm = layer_norm(name + ".cross_attn_ln"),
          .query = joined({{name + ".cross_attn.query", scale}}),
          .key_value = joined({{name + ".cross_attn.key"}, {name + ".cross_attn.value"}}),
          .out = linear(name + ".cross_attn.out")};
}

nn::FeedForward Weights::feed_forward(const std::string& name) const {
  return {.norm = layer_norm(name + ".mlp_ln"), .in = linear(name + ".mlp.0"), .out = linear(name + ".mlp.2")};
}

nn::TransformerEncoder Weights::encoder_stack() const {
  const int heads = dims().n_audio_head;
  std::vector<nn::EncoderLayer> layers;
  for (int layer = 0; layer < dims().n_audio_layer; ++layer) {
    const std::string name = "encoder.blocks." + std::to_string(layer);
    layers.push_back({.self = self_attention(name, heads), .feed_forward = feed_forward(name)});
  }
  const auto precision = type_ == ComputeType::kInt8 ? nn::KeyValuePrecision::kInt16 : nn::KeyValuePrecision::kFloat32;
  return {{.heads = heads, .norm_first = true, .activation = nn::Activation::kGelu, .precision = precision},
          std::move(layers),
          layer_norm("encoder.ln_post")};
}

nn::TokenDecoder Weights::decoder() const {
  const int heads = dims().n_text_head;
  std::vector<nn::DecoderLayer> layers;
  for (int layer = 0; layer < dims().n_text_layer; ++layer) {
    const std::string name = "decoder.blocks." + std::to_string(layer);
    layers.push_back({.self = self_attention(name, heads),
                      .cross = cross_attention(name, heads),
                      .feed_forward = feed_forward(name)});
  }
  const auto precision = type_ == ComputeType::kInt8 ? nn::KeyValuePrecision::kInt8 : nn::KeyValuePrecision::kFloat32;
  const auto tokens = std::make_shared<const nn::Linear>(linear("decoder.token_embedding"));
  return {{.table = tokens,
           .scale = 1,
           .positions = matrix("decoder.positional_embedding"),
           .norm = std::nullopt,
           .starts_from_zero = false},
          {{.heads = heads, .norm_first = true, .activation = nn::Activation::kGelu, .precision = precision},
           std::move(layers),
           layer_norm("decoder.ln")},
          tokens};
}

nn::Linear Weights::joined(const std::vector<Part>& parts) const {
  const auto tensor_of = [&](const Part& part) -> const model_file::TensorView& {
    return file_.tensor(part.name + ".weight");
  };
  const auto inputs = static_cast<std::size_t>(tensor_of(parts.front()).shape.at(1));
  std::vector<float> bias;
  bool has_bias = false;
  int outputs = 0;
  for (const Part& part : parts) {
    const auto rows = static_cast<int>(tensor_of(part).shape.at(0));
    outputs += rows;
    if (file_.tensors().contains(part.name + ".bias")) {
      has_bias = true;
      for (const float value : vector(part.name + ".bias")) bias.push_back(value * part.scale);
    } else {
      bias.resize(static_cast<std::size_t>(outputs), 0.0F);
    }
  }
  const nn::RowSource rows = [&](int begin, int end, std::span<float> out) {
    int first = 0;  // of the part among all rows
    for (const Part& part : parts) {
      const model_file::TensorView& tensor = tensor_of(part);
      const int last = first + static_cast<int>(tensor.shape.at(0));
      const int from = std::max(begin, first);
      const int to = std::min(end, last);
      if (from < to) {
        const std::span<float> into =
            out.subspan(static_cast<std::size_t>(from - begin) * inputs, static_cast<std::size_t>(to - from) * inputs);
        model_file::to_f32_rows(tensor, from - first, to - first, into);
        if (part.scale != 1) std::for_each(into.begin(), into.end(), [&](float& value) { value *= part.scale; });
      }
      first = last;
    }
  };
  return {
      kernels_, {outputs, static_cast<int>(inputs)}, rows, has_bias ? std::move(bias) : std::vector<float>(), type_};
}

nn::Linear Weights::convolution(const std::string& name) const {
  const model_file::TensorView& tensor = file_.tensor(name + ".weight");
  const auto channels = static_cast<std::size_t>(tensor.shape.at(1));
  const auto taps = static_cast<std::size_t>(tensor.shape.at(2));
  const nn::RowSource rows = [&](int begin, int end, std::span<float> out) {
    std::vector<float> stored(out.size());
    model_file::to_f32_rows(tensor, begin, end, stored);
    for (std::size_t row = 0; row < static_cast<std::size_t>(end - begin); ++row) {
      for (std::size_t channel = 0; channel < channels; ++channel) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
          out[(row * taps + tap) * channels + channel] = stored[(row * channels + channel) * taps + tap];
        }
      }
    }
  };
  return {kernels_,
          {static_cast<int>(tensor.shape.at(0)), static_cast<int>(channels * taps)},
          rows,
          vector(name + ".bias"),
          type_ == ComputeType::kInt8 ? ComputeType::kFloat32 : type_};
}

nn::LayerNorm Weights::layer_norm(const std::string& name) const {
  return {.scale = vector(name + ".weight"), .shift = vector(name + ".bias")};
}

nn::Matrix Weights::matrix(const std::string& name) const {
  const model_file::TensorView& tensor = file_.tensor(name);
  nn::Matrix matrix(static_cast<int>(tensor.shape.at(0)), static_cast<int>(tensor.shape.at(1)));
  model_file::to_f32(tensor, {matrix.row(0), static_cast<std::size_t>(model_file::element_count(tensor))});
  return matrix;
}

std::vector<float> Weights::vector(const std::string& name) const {
  const model_file::TensorView& tensor = file_.tensor(name);
  std::vector<float> values(static_cast<std::size_t>(model_file::element_count(tensor)));
  model_file::to_f32(tensor, values);
  return values;
}

}  // namespace voxlate::whisper
