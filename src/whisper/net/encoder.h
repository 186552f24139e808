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

  /// Mel frames of one window: twice the encoder's.
  int mel_frames() const { return 2 * context_; }

  /// `mel`: [windows * (mel_frames + 2), n_mels], the frames of each window between two rows that this function sets
  /// to zero, the convolution's padding. Returns [windows * n_audio_ctx, state].
  nn::Matrix encode(nn::Compute& compute, const nn::Matrix& mel, int windows) const;

  std::size_t size_bytes() const;

 private:
  nn::Matrix convolve(nn::Compute& compute, const nn::Matrix& mel, int windows) const;
  void run_block(nn::Compute& compute, const Block& block, const nn::Matrix& x, int windows) const;

  const int context_;
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
