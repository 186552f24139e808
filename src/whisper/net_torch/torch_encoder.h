#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn_torch/torch_layers.h"
#include "whisper/net_torch/torch_weights.h"

namespace voxlate::whisper {

/// Whisper's audio encoder: two convolutions and a stack of transformer blocks (`AudioEncoder` of OpenAI's model.py).
/// Immutable.
class TorchEncoder {
 public:
  explicit TorchEncoder(TorchWeights& weights);

  /// Rows of the spectrum of one window: twice the encoder's, between two of zeros, the convolution's padding.
  std::int64_t mel_rows() const { return 2 * positions_.size(0) + 2; }

  /// `mel`: [windows, mel_rows, n_mels]. Returns [windows, n_audio_ctx, state].
  at::Tensor encode(const at::Tensor& mel) const;

 private:
  at::Tensor attend(const nn::TorchSelfAttention& layer, const at::Tensor& x) const;

  const nn::TransformerKind kind_;
  const nn::TorchLinear conv1_;
  const nn::TorchLinear conv2_;
  const at::Tensor positions_;  // [n_audio_ctx, state]
  std::vector<nn::TorchEncoderLayer> layers_;
  const nn::TorchNorm norm_;
};

}  // namespace voxlate::whisper
