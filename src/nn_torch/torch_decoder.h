#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "nn/decoder_session.h"
#include "nn_torch/torch_layers.h"
#include "nn_torch/torch_slots.h"

namespace voxlate::nn {

/// An encoded input as a decoder on libtorch sees it.
class TorchSource final : public EncodedSource {
 public:
  explicit TorchSource(at::Tensor layers) : layers_(std::move(layers)) {}

  /// Keys and values of the cross-attention: [layers, 2, heads, length, width].
  const at::Tensor& layers() const { return layers_; }
  at::Tensor layer(int index) const { return layers_.select(0, index); }
  std::int64_t length() const { return layers_.size(3); }

 private:
  const at::Tensor layers_;
};

/// A decoder from tokens to the logits of the next one, as `TokenDecoder` is with our own kernels. Immutable.
class TorchDecoder {
 public:
  struct Parts {
    TransformerKind kind;  ///< its precision is the tensors'
    /// A step reads all inputs in one product, for which a session keeps them once more: fast where they are short and
    /// many. Else one input after the other.
    bool joins_sources = false;
    std::int64_t source_context = 0;  ///< positions that an input can have
    TorchEmbedding embedding;
    std::vector<TorchDecoderLayer> layers;
    std::optional<TorchNorm> norm;  ///< behind the last layer
    TorchLinear projection;         ///< [vocabulary, state]; often the embedding's table
  };

  explicit TorchDecoder(Parts parts) : parts_(std::move(parts)) {}

  /// What cross-attention needs of the encoder's output, [sum of lengths, state]. Each input has memory of its own,
  /// which goes with it.
  std::vector<std::shared_ptr<const EncodedSource>> remember(const at::Tensor& encoded,
                                                             std::span<const std::int64_t> lengths) const;

  bool joins_sources() const { return parts_.joins_sources; }

  /// For the self-attention of sequences, and for inputs that are read together.
  TorchSlots said_slots() const;
  TorchSlots source_slots() const;

  struct Input {
    const TorchSource* source = nullptr;
    int source_slot = 0;  ///< where it is among the `sources`, if it is
    int sequence = 0;     ///< its slot
    int said = 0;         ///< tokens before these
    std::span<const int> tokens;
  };

  /// Called with the scaled queries of a layer's cross-attention, [sum of tokens, state].
  using Observer = std::function<void(int layer, const at::Tensor& queries)>;

  /// Appends the tokens of each input to what its sequence said. Returns the last hidden states of all of them,
  /// [sum of tokens, state], before the logits.
  at::Tensor run(std::span<const Input> inputs, TorchSlots& said, const TorchSlots& sources,
                 const Observer& observe) const;

  /// `hidden` [rows, state] -> [rows, vocabulary], f32.
  at::Tensor logits(const at::Tensor& hidden) const;

  /// What a head makes of the first `positions` of an input before the soft-max: [rows, positions], f32. `queries`: as
  /// an observer of the head's layer gets them.
  at::Tensor scores(const TorchSource& source, const AttentionHead& head, const at::Tensor& queries,
                    std::int64_t positions) const;

  const at::TensorOptions& form() const { return form_; }

 private:
  struct Batch;
  struct Sources;

  std::int64_t heads() const { return parts_.kind.heads; }
  std::int64_t state() const { return parts_.embedding.positions.size(1); }
  std::int64_t width() const { return state() / heads(); }
  std::int64_t context() const { return parts_.embedding.positions.size(0); }
  TorchSlots slots(std::int64_t context) const;

  Batch batch_of(std::span<const Input> inputs) const;
  Sources sources_of(std::span<const Input> inputs) const;
  at::Tensor attend_to_said(const TorchSelfAttention& layer, const Batch& batch, at::Tensor said,
                            const at::Tensor& x) const;
  at::Tensor attend_to_source(int index, std::span<const Input> inputs, const at::Tensor& queries) const;
  at::Tensor attend_to_sources(const Sources& sources, const at::Tensor& memory, const at::Tensor& queries) const;
  at::Tensor heads_of(const at::Tensor& x) const;

  const Parts parts_;
  const at::TensorOptions form_ = parts_.embedding.table.options();
};

}  // namespace voxlate::nn
