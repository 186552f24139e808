#pragma once

#include <span>
#include <vector>

#include "nn/attention.h"
#include "nn/compute.h"
#include "nn/matrix.h"
#include "whisper/net/block.h"
#include "whisper/net/weights.h"

namespace voxlate::whisper {

/// Whisper's audio encoder: two convolutions and a stack of transformer blocks (`AudioEncoder` of OpenAI's model.py).
/// Immutable.
class Encoder {
 public:
  explicit Encoder(const Weights& weights);

  /// Rows of `mel` for a window of so many frames of the encoder, which are two of the spectrum, and the convolution's
  /// padding.
  static constexpr int mel_rows(int frames) { return 2 * frames + 2; }

  /// `frames`: of each window, at most n_audio_ctx. `mel`: [sum of mel_rows, n_mels], the first and the last row of
  /// each window to be set to zero by this function. Returns [sum of frames, state].
  nn::Matrix encode(nn::Compute& compute, const nn::Matrix& mel, std::span<const int> frames) const;

  std::size_t size_bytes() const;

 private:
  nn::Matrix convolve(nn::Compute& compute, const nn::Matrix& mel, std::span<const int> frames) const;
  void run_block(nn::Compute& compute, const Block& block, const nn::Matrix& x, std::span<const int> frames) const;

  const int state_;
  const int heads_;
  const nn::KeyValuePrecision precision_;  // of the keys and values of attention
  nn::Linear conv1_;
  nn::Linear conv2_;
  nn::Matrix positions_;  // [context, state]
  std::vector<Block> blocks_;
  nn::LayerNorm norm_;
};

}  // namespace voxlate::whisper
