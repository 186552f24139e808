#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <vector>

#include "nn_torch/torch_layers.h"

namespace voxlate::translation {

/// From the tokens of sentences to what a decoder reads: embedding and a stack of layers in which all tokens of a
/// sentence see each other. Immutable.
class TorchEncoder {
 public:
  struct Parts {
    nn::TransformerKind kind;
    nn::TorchEmbedding embedding;
    std::vector<nn::TorchEncoderLayer> layers;
    std::optional<nn::TorchNorm> norm;  ///< behind the last layer
  };

  explicit TorchEncoder(Parts parts) : parts_(std::move(parts)) {}

  int vocabulary() const { return static_cast<int>(parts_.embedding.table.size(0)); }
  int context() const { return static_cast<int>(parts_.embedding.positions.size(0)); }

  /// Returns [sum of lengths, state]. The scores of all sentences are in memory at once: lengths squared.
  at::Tensor encode(std::span<const std::span<const int>> sentences) const;

 private:
  at::Tensor attend(const nn::TorchSelfAttention& layer, const nn::TorchRows& rows, const at::Tensor& hidden,
                    const at::Tensor& x) const;

  const Parts parts_;
};

}  // namespace voxlate::translation
