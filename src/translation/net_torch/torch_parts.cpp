#include "translation/net_torch/torch_parts.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace voxlate::translation {
namespace {

/// Writes the weights of `part` into `out` [outputs, inputs], a few rows at a time: tables of large vocabularies take
/// gigabytes as float32.
void copy_weights(const nn::LinearPart& part, const at::Tensor& out) {
  constexpr int kRowsAtOnce = 4096;
  const at::Tensor some = at::empty({std::min(kRowsAtOnce, part.shape.outputs), part.shape.inputs}, at::kFloat);
  for (int begin = 0; begin < part.shape.outputs; begin += kRowsAtOnce) {
    const int end = std::min(begin + kRowsAtOnce, part.shape.outputs);
    at::Tensor rows = some.narrow(0, 0, end - begin);
    part.rows(begin, end, {rows.data_ptr<float>(), static_cast<std::size_t>(rows.numel())});
    if (part.scale != 1) rows.mul_(part.scale);
    out.narrow(0, begin, end - begin).copy_(rows);
  }
}

}  // namespace

TorchParts::Tables TorchParts::tables(const NetworkParts& parts) {
  Tables tables{.projection = linear(parts.projection), .target = {}, .source = {}};
  tables.target = parts.target_embedding ? linear(*parts.target_embedding).weight : tables.projection.weight;
  tables.source = parts.source_embedding ? linear(*parts.source_embedding).weight : tables.target;
  return tables;
}

TorchEncoder TorchParts::encoder(const NetworkParts& parts, const Tables& tables) {
  TorchEncoder::Parts encoder{.kind = parts.encoder.kind,
                              .embedding = embedding(parts.encoder.embedding, tables.source),
                              .layers = {},
                              .norm = norm(parts.encoder.norm)};
  for (const NetworkParts::EncoderLayer& layer : parts.encoder.layers) {
    encoder.layers.push_back({.self = self_attention(layer.self), .feed_forward = feed_forward(layer.feed_forward)});
  }
  return TorchEncoder(std::move(encoder));
}

nn::TorchDecoder TorchParts::decoder(const NetworkParts& parts, const Tables& tables) {
  nn::TorchDecoder::Parts decoder{.kind = parts.decoder.kind,
                                  .joins_sources = true,
                                  .source_context = parts.encoder.embedding.positions.rows(),
                                  .embedding = embedding(parts.decoder.embedding, tables.target),
                                  .layers = {},
                                  .norm = norm(parts.decoder.norm),
                                  .projection = tables.projection};
  for (const NetworkParts::DecoderLayer& layer : parts.decoder.layers) {
    decoder.layers.push_back({.self = self_attention(layer.self),
                              .cross = cross_attention(layer.cross),
                              .feed_forward = feed_forward(layer.feed_forward)});
  }
  return nn::TorchDecoder(std::move(decoder));
}

nn::TorchLinear TorchParts::linear(std::span<const nn::LinearPart> parts) {
  std::int64_t outputs = 0;
  for (const nn::LinearPart& part : parts) outputs += part.shape.outputs;
  nn::TorchLinear linear{.weight = at::empty({outputs, parts.front().shape.inputs}, form_), .bias = {}};
  std::vector<float> bias(static_cast<std::size_t>(outputs));
  std::int64_t first = 0;
  for (const nn::LinearPart& part : parts) {
    copy_weights(part, linear.weight.narrow(0, first, part.shape.outputs));
    std::transform(part.bias.begin(), part.bias.end(), bias.begin() + first,
                   [&](float value) { return value * part.scale; });
    first += part.shape.outputs;
  }
  size_bytes_ += linear.weight.nbytes();
  const bool has_bias = std::any_of(parts.begin(), parts.end(), [](const auto& part) { return !part.bias.empty(); });
  if (has_bias) linear.bias = vector(bias);
  return linear;
}

at::Tensor TorchParts::vector(std::span<const float> values) {
  at::Tensor numbers = at::empty({static_cast<std::int64_t>(values.size())}, at::kFloat);
  std::copy(values.begin(), values.end(), numbers.data_ptr<float>());
  numbers = numbers.to(form_);
  size_bytes_ += numbers.nbytes();
  return numbers;
}

nn::TorchNorm TorchParts::norm(const nn::LayerNorm& norm) {
  return {.scale = vector(norm.scale), .shift = vector(norm.shift)};
}

std::optional<nn::TorchNorm> TorchParts::norm(const std::optional<nn::LayerNorm>& norm) {
  if (!norm) return std::nullopt;
  return this->norm(*norm);
}

nn::TorchEmbedding TorchParts::embedding(const NetworkParts::Embedding& part, const at::Tensor& table) {
  at::Tensor positions = at::empty({part.positions.rows(), part.positions.columns()}, at::kFloat);
  for (int row = 0; row < part.positions.rows(); ++row)
    std::copy_n(part.positions.row(row), part.positions.columns(), positions.select(0, row).data_ptr<float>());
  positions = positions.to(form_);
  size_bytes_ += positions.nbytes();
  return {.table = table,
          .scale = part.scale,
          .positions = positions,
          .norm = norm(part.norm),
          .starts_from_zero = part.starts_from_zero};
}

nn::TorchSelfAttention TorchParts::self_attention(const NetworkParts::SelfAttention& part) {
  return {.norm = norm(part.norm), .query_key_value = linear(part.query_key_value), .out = linear(part.out)};
}

nn::TorchCrossAttention TorchParts::cross_attention(const NetworkParts::CrossAttention& part) {
  return {.norm = norm(part.norm),
          .query = linear(part.query),
          .key_value = linear(part.key_value),
          .out = linear(part.out)};
}

nn::TorchFeedForward TorchParts::feed_forward(const NetworkParts::FeedForward& part) {
  return {.norm = norm(part.norm), .in = linear(part.in), .out = linear(part.out)};
}

}  // namespace voxlate::translation
