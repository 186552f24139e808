#include "whisper/net/encoder.h"

#include <algorithm>
#include <string>

namespace voxlate::whisper {
namespace {

void clear_row(const nn::Matrix& matrix, int row) { std::fill_n(matrix.row(row), matrix.columns(), 0.0F); }

}  // namespace

Encoder::Encoder(const Weights& weights)
    : context_(weights.dims().n_audio_ctx),
      state_(weights.dims().n_audio_state),
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

nn::Matrix Encoder::encode(nn::Compute& compute, const nn::Matrix& mel, int windows) const {
  nn::Matrix x = convolve(compute, mel, windows);
  for (const Block& block : blocks_) run_block(compute, block, x, windows);
  norm_.apply(compute, x, x);
  return x;
}

/// [windows * context, state], positions added.
nn::Matrix Encoder::convolve(nn::Compute& compute, const nn::Matrix& mel, int windows) const {
  const int padded = mel_frames() + 2;
  nn::Matrix hidden(padded, state_);
  clear_row(hidden, 0);
  clear_row(hidden, padded - 1);
  nn::Matrix x(windows * context_, state_);
  for (int window = 0; window < windows; ++window) {
    const nn::Matrix frames = mel.some_rows(window * padded, padded);
    clear_row(frames, 0);
    clear_row(frames, padded - 1);
    conv1_.apply(compute, frames.windows(/*width=*/3, /*step=*/1), hidden.some_rows(1, mel_frames()), {.gelu = true});
    conv2_.apply(compute, hidden.windows(/*width=*/3, /*step=*/2), x.some_rows(window * context_, context_),
                 {.gelu = true, .residual = &positions_});
  }
  return x;
}

void Encoder::run_block(nn::Compute& compute, const Block& block, const nn::Matrix& x, int windows) const {
  const nn::Matrix normed(x.rows(), state_);
  const nn::Matrix qkv(x.rows(), 3 * state_);
  block.attention_norm.apply(compute, x, normed);
  block.query_key_value.apply(compute, normed, qkv);

  std::vector<nn::KeyValues> memories;
  std::vector<nn::KeyValueWrite> writes;
  std::vector<nn::AttentionSpan> spans;
  for (int window = 0; window < windows; ++window) {
    memories.emplace_back(compute.kernels(), nn::KeyValues::Shape{context_, heads_, state_ / heads_}, precision_);
  }
  for (int window = 0; window < windows; ++window) {
    nn::KeyValues& memory = memories[static_cast<std::size_t>(window)];
    writes.push_back({.to = &memory, .first_row = window * context_, .rows = context_});
    spans.push_back({.first_row = window * context_, .rows = context_, .memory = &memory, .keys = context_});
  }
  nn::write_keys_values(compute, qkv.some_columns(state_, state_), qkv.some_columns(2 * state_, state_), writes);
  nn::attend(compute, qkv.some_columns(0, state_), spans, normed);
  block.attention_out.apply(compute, normed, x, {.residual = &x});

  const nn::Matrix hidden(x.rows(), block.mlp_in.outputs());
  block.mlp_norm.apply(compute, x, normed);
  block.mlp_in.apply(compute, normed, hidden, {.gelu = true});
  block.mlp_out.apply(compute, hidden, x, {.residual = &x});
}

std::size_t Encoder::size_bytes() const {
  std::size_t bytes = conv1_.size_bytes() + conv2_.size_bytes();
  for (const Block& block : blocks_) bytes += block.size_bytes();
  return bytes;
}

}  // namespace voxlate::whisper
