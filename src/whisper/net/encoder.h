#pragma once

#include <span>

#include "nn/compute.h"
#include "nn/linear.h"
#include "nn/matrix.h"
#include "nn/transformer.h"
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

  const int state_;
  nn::Linear conv1_;
  nn::Linear conv2_;
  nn::Matrix positions_;  // [context, state]
  nn::TransformerEncoder stack_;
};

}  // namespace voxlate::whisper
