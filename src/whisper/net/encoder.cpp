#include "whisper/net/encoder.h"

#include <algorithm>
#include <numeric>

namespace voxlate::whisper {
namespace {

void clear_row(const nn::Matrix& matrix, int row) { std::fill_n(matrix.row(row), matrix.columns(), 0.0F); }

}  // namespace

Encoder::Encoder(const Weights& weights)
    : state_(weights.dims().n_audio_state),
      conv1_(weights.convolution("encoder.conv1")),
      conv2_(weights.convolution("encoder.conv2")),
      positions_(weights.matrix("encoder.positional_embedding")),
      stack_(weights.encoder_stack()) {}

nn::Matrix Encoder::encode(nn::Compute& compute, const nn::Matrix& mel, std::span<const int> frames) const {
  nn::Matrix x = convolve(compute, mel, frames);
  stack_.run(compute, x, frames);
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

std::size_t Encoder::size_bytes() const { return conv1_.size_bytes() + conv2_.size_bytes() + stack_.size_bytes(); }

}  // namespace voxlate::whisper
