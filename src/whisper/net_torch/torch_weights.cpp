#include "whisper/net_torch/torch_weights.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <span>
#include <utility>

namespace voxlate::whisper {
namespace {

float query_scale(int head_width) { return 1 / std::sqrt(static_cast<float>(head_width)); }

}  // namespace

at::Tensor TorchWeights::tensor(const std::string& name, float scale) {
  const model_file::TensorView& stored = file_.tensor(name);
  at::Tensor values = at::empty(stored.shape, at::kFloat);
  model_file::to_f32(stored, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  if (scale != 1) values.mul_(scale);
  values = values.to(form_);
  size_bytes_ += values.nbytes();
  return values;
}

nn::TorchNorm TorchWeights::norm(const std::string& name) {
  return {.scale = tensor(name + ".weight"), .shift = tensor(name + ".bias")};
}

nn::TorchLinear TorchWeights::joined(const std::vector<Part>& parts) {
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> biases;
  for (const Part& part : parts) {
    weights.push_back(tensor(part.name + ".weight", part.scale));
    const std::string bias = part.name + ".bias";
    biases.push_back(file_.tensors().contains(bias) ? tensor(bias, part.scale)
                                                    : at::zeros({weights.back().size(0)}, form_));
  }
  return {.weight = at::cat(weights), .bias = at::cat(biases)};
}

nn::TorchLinear TorchWeights::convolution(const std::string& name) {
  const at::Tensor stored = tensor(name + ".weight");  // [outputs, channels, 3]
  return {.weight = stored.transpose(1, 2).reshape({stored.size(0), -1}), .bias = tensor(name + ".bias")};
}

nn::TorchSelfAttention TorchWeights::self_attention(const std::string& name, int head_width) {
  const std::string attention = name + ".attn";
  return {.norm = norm(name + ".attn_ln"),
          .query_key_value =
              joined({{attention + ".query", query_scale(head_width)}, {attention + ".key"}, {attention + ".value"}}),
          .out = linear(attention + ".out")};
}

nn::TorchCrossAttention TorchWeights::cross_attention(const std::string& name, int head_width) {
  const std::string attention = name + ".cross_attn";
  return {.norm = norm(name + ".cross_attn_ln"),
          .query = joined({{attention + ".query", query_scale(head_width)}}),
          .key_value = joined({{attention + ".key"}, {attention + ".value"}}),
          .out = linear(attention + ".out")};
}

nn::TorchFeedForward TorchWeights::feed_forward(const std::string& name) {
  return {.norm = norm(name + ".mlp_ln"), .in = linear(name + ".mlp.0"), .out = linear(name + ".mlp.2")};
}

nn::TorchEncoderLayer TorchWeights::encoder_layer(const std::string& name) {
  return {.self = self_attention(name, dims().n_audio_state / dims().n_audio_head), .feed_forward = feed_forward(name)};
}

nn::TorchDecoder TorchWeights::decoder() {
  const int head_width = dims().n_text_state / dims().n_text_head;
  nn::TorchDecoder::Parts parts{.kind = kind(dims().n_text_head),
                                .joins_sources = false,
                                .source_context = dims().n_audio_ctx,
                                .embedding = {.table = tensor("decoder.token_embedding.weight"),
                                              .positions = tensor("decoder.positional_embedding"),
                                              .norm = {}},
                                .layers = {},
                                .norm = norm("decoder.ln"),
                                .projection = {}};
  parts.projection.weight = parts.embedding.table;
  for (int layer = 0; layer < dims().n_text_layer; ++layer) {
    const std::string name = "decoder.blocks." + std::to_string(layer);
    parts.layers.push_back({.self = self_attention(name, head_width),
                            .cross = cross_attention(name, head_width),
                            .feed_forward = feed_forward(name)});
  }
  return nn::TorchDecoder(std::move(parts));
}

}  // namespace voxlate::whisper
