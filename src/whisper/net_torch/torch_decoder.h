#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "whisper/net/network.h"
#include "whisper/net_torch/torch_weights.h"

namespace voxlate::whisper {

/// One window as the decoder sees it: keys and values of the cross-attention of each layer, [2, heads, n_audio_ctx,
/// width].
class TorchAudio final : public EncodedAudio {
 public:
  explicit TorchAudio(std::vector<at::Tensor> layers) : layers_(std::move(layers)) {}

  const at::Tensor& layer(int index) const { return layers_[static_cast<std::size_t>(index)]; }

 private:
  const std::vector<at::Tensor> layers_;
};

/// Keys and values of the self-attention for the tokens that sequences have said, all in one tensor so that a step
/// takes all its sequences at once and a fork is one copy. It grows with the sequences and their length.
class TorchSaid {
 public:
  struct Shape {
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t width = 0;
    std::int64_t context = 0;  ///< tokens that a sequence can have
  };

  TorchSaid(const Shape& shape, at::TensorOptions form) : shape_(shape), form_(form) {}

  /// Makes room for `sequences` of `tokens` each; what was said stays.
  void reserve(std::int64_t sequences, std::int64_t tokens);

  /// Sequence `to` becomes the first `tokens` of `from`.
  void copy(std::int64_t from, std::int64_t to, std::int64_t tokens);

  void clear() { memory_ = at::Tensor(); }

  /// [2, sequences, heads, tokens, width]: zero where nothing was said yet.
  at::Tensor layer(int index) const { return memory_.select(0, index); }

 private:
  const Shape shape_;
  const at::TensorOptions form_;
  at::Tensor memory_;  // [layers, 2, sequences, heads, tokens, width]
};

/// Whisper's text decoder (`TextDecoder` of OpenAI's model.py). Immutable.
class TorchDecoder {
 public:
  explicit TorchDecoder(TorchWeights& weights);

  /// What cross-attention needs of the encoder's output, [windows, n_audio_ctx, state].
  std::vector<std::shared_ptr<const EncodedAudio>> remember(const at::Tensor& encoded) const;

  TorchSaid start() const;

  struct Input {
    const TorchAudio* audio = nullptr;
    int sequence = 0;
    int said = 0;  ///< tokens before these
    std::span<const int> tokens;
  };

  /// Called with the scaled queries of a layer's cross-attention, [sum of tokens, state].
  using Observer = std::function<void(int layer, const at::Tensor& queries)>;

  /// Appends the tokens of each input to what its sequence said. Returns the last hidden states of all of them,
  /// [sum of tokens, state], before the logits.
  at::Tensor run(std::span<const Input> inputs, TorchSaid& said, const Observer& observe) const;

  /// `hidden` [rows, state] -> [rows, n_vocab], f32.
  at::Tensor logits(const at::Tensor& hidden) const;

  /// [rows, heads * width] -> [heads, rows, width]
  at::Tensor heads_of(const at::Tensor& x) const;

  /// `values` on the device.
  at::Tensor indices(std::span<const std::int64_t> values) const;

 private:
  struct Layer {
    Layer(TorchWeights& weights, const std::string& name, int head_width);

    TorchBlock block;
    TorchNorm cross_norm;
    TorchLinear cross_query;
    TorchLinear cross_key_value;
    TorchLinear cross_out;
  };
  struct Batch;

  Batch batch_of(std::span<const Input> inputs) const;
  at::Tensor attend_to_text(const TorchBlock& block, const Batch& batch, at::Tensor said, const at::Tensor& x) const;
  at::Tensor attend_to_audio(int index, std::span<const Input> inputs, const at::Tensor& x,
                             const Observer& observe) const;

  const std::int64_t state_;
  const std::int64_t heads_;
  const at::TensorOptions form_;
  const at::Tensor tokens_;     // [n_vocab, state]: the embedding and the logits in one
  const at::Tensor positions_;  // [n_text_ctx, state]
  std::vector<Layer> layers_;
  const TorchNorm norm_;
};

}  // namespace voxlate::whisper
