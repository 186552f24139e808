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
          .query_key_value =
              joined({part(name + ".attn.query", scale), part(name + ".attn.key"), part(name + ".attn.value")}),
          .out = linear(name + ".attn.out")};
}

nn::CrossAttention Weights::cross_attention(const std::string& name, int heads) const {
  const model_file::TensorView& queries = file_.tensor(name + ".cross_attn.query.weight");
  const float scale = query_scale(static_cast<int>(queries.shape.at(0)) / heads);
  return {.norm = layer_norm(name + ".cross_attn_ln"),
          .query = joined({part(name + ".cross_attn.query", scale)}),
          .key_value = joined({part(name + ".cross_attn.key"), part(name + ".cross_attn.value")}),
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

nn::LinearPart Weights::part(const std::string& name, float scale) const {
  const model_file::TensorView& tensor = file_.tensor(name + ".weight");
  const bool has_bias = file_.tensors().contains(name + ".bias");
  return {.shape = {static_cast<int>(tensor.shape.at(0)), static_cast<int>(tensor.shape.at(1))},
          .rows = [&tensor](int begin, int end, std::span<float> rows) { to_f32_rows(tensor, begin, end, rows); },
          .bias = has_bias ? vector(name + ".bias") : std::vector<float>(),
          .scale = scale};
}

nn::Linear Weights::joined(std::initializer_list<nn::LinearPart> parts) const {
  return nn::join(kernels_, {parts.begin(), parts.size()}, type_);
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
