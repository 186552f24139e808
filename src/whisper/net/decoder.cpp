#include "whisper/net/decoder.h"

#include <cassert>
#include <cstdint>
#include <string>
#include <utility>

namespace voxlate::whisper {
namespace {

int total_tokens(std::span<const Decoder::Input> inputs) {
  int total = 0;
  for (const Decoder::Input& input : inputs) total += static_cast<int>(input.tokens.size());
  return total;
}

/// Calls `visit(input, first_row, rows)`.
template <typename Visit>
void for_each_input(std::span<const Decoder::Input> inputs, const Visit& visit) {
  int row = 0;
  for (const Decoder::Input& input : inputs) {
    const int rows = static_cast<int>(input.tokens.size());
    visit(input, row, rows);
    row += rows;
  }
}

}  // namespace

Decoder::Layer::Layer(const Weights& weights, const std::string& name, int head_width)
    : block(weights, name, head_width),
      cross_norm(weights.layer_norm(name + ".cross_attn_ln")),
      cross_query(weights.query(name + ".cross_attn", head_width)),
      cross_key_value(weights.key_value(name + ".cross_attn")),
      cross_out(weights.linear(name + ".cross_attn.out")) {}

Decoder::Decoder(const Weights& weights)
    : state_(weights.dims().n_text_state),
      heads_(weights.dims().n_text_head),
      audio_context_(weights.dims().n_audio_ctx),
      audio_precision_(weights.type() == ComputeType::kInt8 ? nn::KeyValuePrecision::kInt8
                                                            : nn::KeyValuePrecision::kFloat32),
      tokens_(weights.linear("decoder.token_embedding")),
      positions_(weights.matrix("decoder.positional_embedding")),
      norm_(weights.layer_norm("decoder.ln")) {
  for (int layer = 0; layer < weights.dims().n_text_layer; ++layer) {
    layers_.emplace_back(weights, "decoder.blocks." + std::to_string(layer), state_ / heads_);
  }
}

std::vector<std::shared_ptr<const EncodedAudio>> Decoder::remember(nn::Compute& compute, const nn::Matrix& encoded,
                                                                   std::span<const int> frames) const {
  std::vector<std::vector<nn::KeyValues>> memories(frames.size());
  const nn::Matrix key_value(encoded.rows(), 2 * state_);
  for (const Layer& layer : layers_) {
    layer.cross_key_value.apply(compute, encoded, key_value);
    std::vector<nn::KeyValueWrite> writes;
    int row = 0;
    for (std::size_t window = 0; window < frames.size(); ++window) {
      nn::KeyValues& memory = memories[window].emplace_back(
          compute.kernels(), nn::KeyValues::Shape{frames[window], heads_, state_ / heads_}, audio_precision_);
      writes.push_back({.to = &memory, .first_row = row, .rows = frames[window]});
      row += frames[window];
    }
    nn::write_keys_values(compute, key_value.some_columns(0, state_), key_value.some_columns(state_, state_), writes);
  }
  std::vector<std::shared_ptr<const EncodedAudio>> audio;
  for (auto& memory : memories) audio.push_back(std::make_shared<const AudioKeyValues>(std::move(memory)));
  return audio;
}

SaidTokens Decoder::start(const nn::Kernels& kernels, std::shared_ptr<const EncodedAudio> audio) const {
  SaidTokens said{.audio = std::static_pointer_cast<const AudioKeyValues>(std::move(audio)), .layers = {}, .length = 0};
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    said.layers.emplace_back(kernels, nn::KeyValues::Shape{context(), heads_, state_ / heads_});
  }
  return said;
}

nn::Matrix Decoder::run(nn::Compute& compute, std::span<const Input> inputs, const Observer& observe) const {
  nn::Matrix x = embed(compute, inputs);
  const nn::Matrix normed(x.rows(), state_);
  for (int index = 0; index < layers(); ++index) {
    attend_to_text(compute, index, inputs, x);
    attend_to_audio(compute, index, inputs, x, observe);
    const Block& block = layers_[static_cast<std::size_t>(index)].block;
    const nn::Matrix hidden(x.rows(), block.mlp_in.outputs());
    block.mlp_norm.apply(compute, x, normed);
    block.mlp_in.apply(compute, normed, hidden, {.activation = nn::Activation::kGelu});
    block.mlp_out.apply(compute, hidden, x, {.residual = &x});
  }
  for (const Input& input : inputs) input.said->length += static_cast<int>(input.tokens.size());
  norm_.apply(compute, x, x);
  return x;
}

/// Tokens and their positions: [sum of tokens, state].
nn::Matrix Decoder::embed(nn::Compute& compute, std::span<const Input> inputs) const {
  nn::Matrix x(total_tokens(inputs), state_);
  for_each_input(inputs, [&](const Input& input, int first_row, int rows) {
    assert(input.said->length + rows <= context());
    for (int i = 0; i < rows; ++i) {
      float* const row = x.row(first_row + i);
      tokens_.copy_row(compute.kernels(), input.tokens[static_cast<std::size_t>(i)],
                       {row, static_cast<std::size_t>(state_)});
      const float* const position = positions_.row(input.said->length + i);
      for (int c = 0; c < state_; ++c) row[c] += position[c];
    }
  });
  return x;
}

void Decoder::attend_to_text(nn::Compute& compute, int index, std::span<const Input> inputs,
                             const nn::Matrix& x) const {
  const Block& block = layers_[static_cast<std::size_t>(index)].block;
  const nn::Matrix normed(x.rows(), state_);
  const nn::Matrix qkv(x.rows(), 3 * state_);
  block.attention_norm.apply(compute, x, normed);
  block.query_key_value.apply(compute, normed, qkv);
  std::vector<nn::KeyValueWrite> writes;
  std::vector<nn::AttentionSpan> spans;
  for_each_input(inputs, [&](const Input& input, int first_row, int rows) {
    nn::KeyValues& memory = input.said->layers[static_cast<std::size_t>(index)];
    const int before = input.said->length;
    writes.push_back({.to = &memory, .first_position = before, .first_row = first_row, .rows = rows});
    spans.push_back({.first_row = first_row, .rows = rows, .memory = &memory, .keys = before + rows, .causal = true});
  });
  nn::write_keys_values(compute, qkv.some_columns(state_, state_), qkv.some_columns(2 * state_, state_), writes);
  nn::attend(compute, qkv.some_columns(0, state_), spans, normed);
  block.attention_out.apply(compute, normed, x, {.residual = &x});
}

void Decoder::attend_to_audio(nn::Compute& compute, int index, std::span<const Input> inputs, const nn::Matrix& x,
                              const Observer& observe) const {
  const Layer& layer = layers_[static_cast<std::size_t>(index)];
  const nn::Matrix normed(x.rows(), state_);
  const nn::Matrix queries(x.rows(), state_);
  layer.cross_norm.apply(compute, x, normed);
  layer.cross_query.apply(compute, normed, queries);
  if (observe) observe(index, queries);
  std::vector<nn::AttentionSpan> spans;
  for_each_input(inputs, [&](const Input& input, int first_row, int rows) {
    const nn::KeyValues* const memory = &input.said->audio->layer(index);
    if (!spans.empty() && spans.back().memory == memory)
      spans.back().rows += rows;  // sequences of one window read it together
    else
      spans.push_back({.first_row = first_row, .rows = rows, .memory = memory, .keys = input.said->audio->frames()});
  });
  nn::attend(compute, queries, spans, normed);
  layer.cross_out.apply(compute, normed, x, {.residual = &x});
}

void Decoder::logits(nn::Compute& compute, const nn::Matrix& hidden, const nn::Matrix& out) const {
  tokens_.apply(compute, hidden, out);
}

std::size_t Decoder::window_bytes(int sequences) const {
  const auto bytes_of = [&](int positions, std::size_t element) {
    return 2 * static_cast<std::size_t>(positions) * static_cast<std::size_t>(state_) * element;
  };
  const std::size_t audio =
      bytes_of(audio_context_, audio_precision_ == nn::KeyValuePrecision::kInt8 ? sizeof(std::int8_t) : sizeof(float));
  return layers_.size() * (audio + static_cast<std::size_t>(sequences) * bytes_of(context(), sizeof(float)));
}

std::size_t Decoder::size_bytes() const {
  std::size_t bytes = tokens_.size_bytes();
  for (const Layer& layer : layers_) {
    bytes += layer.block.size_bytes() + layer.cross_query.size_bytes() + layer.cross_key_value.size_bytes() +
             layer.cross_out.size_bytes();
  }
  return bytes;
}

}  // namespace voxlate::whisper
