#include "whisper/net/encoder.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace voxlate::whisper {
namespace {

void clear_row(const nn::Matrix& matrix, int row) { std::fill_n(matrix.row(row), matrix.columns(), 0.0F); }

}  // namespace

Encoder::Encoder(const Weights& weights)
    : state_(weights.dims().n_audio_state),
      heads_(weights.dims().n_audio_head),
      precision_(weights.type() == ComputeType::kInt8 ? nn::KeyValuePrecision::kInt16
                                                      : nn::KeyValuePrecision::kFloat32),
      conv1_(weights.convolution("encoder.conv1")),
      conv2_(weights.convolution("encoder.conv2")),
      positions_(weights.matrix("encoder.positional_embedding")),
      norm_(weights.layer_norm("encoder.ln_post")) {
  for (int layer = 0; layer < weights.dims().n_audio_layer; ++layer) {
    blocks_.emplace_back(weights, "encoder.blocks." + std::to_string(layer), state_ / heads_);
  }
}

nn::Matrix Encoder::encode(nn::Compute& compute, const nn::Matrix& mel, std::span<const int> frames) const {
  nn::Matrix x = convolve(compute, mel, frames);
  for (const Block& block : blocks_) run_block(compute, block, x, frames);
  norm_.apply(compute, x, x);
  return x;
}

/// [sum of frames, state], positions added.
nn::Matrix Encoder::convolve(nn::Compute& compute, const nn::Matrix& mel, std::span<const int> frames) const {
  const nn::Matrix hidden(mel_rows(positions_.rows()), state_);
  nn::Matrix x(std::accumulate(frames.begin(), frames.end(), 0), state_);
  int mel_row = 0;
  int row = 0;
  for (const int count : frames) {
    const int padded = mel_rows(count);
    const nn::Matrix own_mel = mel.some_rows(mel_row, padded);
    const nn::Matrix own_hidden = hidden.some_rows(0, padded);
    const nn::Matrix positions = positions_.some_rows(0, count);
    for (const nn::Matrix& matrix : {own_mel, own_hidden}) {
      clear_row(matrix, 0);
      clear_row(matrix, padded - 1);
    }
    conv1_.apply(compute, own_mel.windows(/*width=*/3, /*step=*/1), own_hidden.some_rows(1, padded - 2),
                 {.activation = nn::Activation::kGelu});
    conv2_.apply(compute, own_hidden.windows(/*width=*/3, /*step=*/2), x.some_rows(row, count),
                 {.activation = nn::Activation::kGelu, .residual = &positions});
    mel_row += padded;
    row += count;
  }
  return x;
}

void Encoder::run_block(nn::Compute& compute, const Block& block, const nn::Matrix& x,
                        std::span<const int> frames) const {
  const nn::Matrix normed(x.rows(), state_);
  const nn::Matrix qkv(x.rows(), 3 * state_);
  block.attention_norm.apply(compute, x, normed);
  block.query_key_value.apply(compute, normed, qkv);

  std::vector<nn::KeyValues> memories;
  std::vector<nn::KeyValueWrite> writes;
  std::vector<nn::AttentionSpan> spans;
  memories.reserve(frames.size());
  int row = 0;
  for (const int count : frames) {
    const nn::KeyValues& memory =
        memories.emplace_back(compute.kernels(), nn::KeyValues::Shape{count, heads_, state_ / heads_}, precision_);
    writes.push_back({.to = &memories.back(), .first_row = row, .rows = count});
    spans.push_back({.first_row = row, .rows = count, .memory = &memory, .keys = count});
    row += count;
  }
  nn::write_keys_values(compute, qkv.some_columns(state_, state_), qkv.some_columns(2 * state_, state_), writes);
  nn::attend(compute, qkv.some_columns(0, state_), spans, normed);
  block.attention_out.apply(compute, normed, x, {.residual = &x});

  const nn::Matrix hidden(x.rows(), block.mlp_in.outputs());
  block.mlp_norm.apply(compute, x, normed);
  block.mlp_in.apply(compute, normed, hidden, {.activation = nn::Activation::kGelu});
  block.mlp_out.apply(compute, hidden, x, {.residual = &x});
}

std::size_t Encoder::size_bytes() const {
  std::size_t bytes = conv1_.size_bytes() + conv2_.size_bytes();
  for (const Block& block : blocks_) bytes += block.size_bytes();
  return bytes;
}

}  // namespace voxlate::whisper
