#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <span>

#include "nn_torch/torch_decoder.h"
#include "nn_torch/torch_layers.h"
#include "translation/net/network_parts.h"
#include "translation/net_torch/torch_encoder.h"

namespace voxlate::translation {

/// Puts the parts of a network where it will compute.
class TorchParts {
 public:
  /// `form`: the device and the type of all tensors.
  explicit TorchParts(at::TensorOptions form) : form_(form) {}

  const at::TensorOptions& form() const { return form_; }

  /// Of all tensors taken so far.
  std::size_t size_bytes() const { return size_bytes_; }

  /// Those that are one in the file are one in memory.
  struct Tables {
    nn::TorchLinear projection;
    at::Tensor target;
    at::Tensor source;
  };

  Tables tables(const NetworkParts& parts);
  TorchEncoder encoder(const NetworkParts& parts, const Tables& tables);
  nn::TorchDecoder decoder(const NetworkParts& parts, const Tables& tables);

 private:
  /// The outputs of all parts, which have the same inputs, one behind the other in one layer.
  nn::TorchLinear linear(std::span<const nn::LinearPart> parts);
  nn::TorchLinear linear(const nn::LinearPart& part) { return linear({&part, 1}); }

  nn::TorchEmbedding embedding(const NetworkParts::Embedding& part, const at::Tensor& table);
  std::optional<nn::TorchNorm> norm(const std::optional<nn::LayerNorm>& norm);
  at::Tensor vector(std::span<const float> values);
  nn::TorchNorm norm(const nn::LayerNorm& norm);
  nn::TorchSelfAttention self_attention(const NetworkParts::SelfAttention& part);
  nn::TorchCrossAttention cross_attention(const NetworkParts::CrossAttention& part);
  nn::TorchFeedForward feed_forward(const NetworkParts::FeedForward& part);

  const at::TensorOptions form_;
  std::size_t size_bytes_ = 0;
};

}  // namespace voxlate::translation
