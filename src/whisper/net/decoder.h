#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "nn/attention.h"
#include "nn/compute.h"
#include "nn/matrix.h"
#include "whisper/net/block.h"
#include "whisper/net/network.h"
#include "whisper/net/weights.h"

namespace voxlate::whisper {

/// One window as the decoder sees it.
class AudioKeyValues final : public EncodedAudio {
 public:
  explicit AudioKeyValues(std::vector<nn::KeyValues> layers) : layers_(std::move(layers)) {}

  /// Keys and values of the cross-attention of `layer`.
  const nn::KeyValues& layer(int index) const { return layers_[static_cast<std::size_t>(index)]; }

  int frames() const { return layers_.front().shape().capacity; }

 private:
  std::vector<nn::KeyValues> layers_;
};

/// Tokens that one sequence has said so far, as keys and values of each layer's self-attention.
struct SaidTokens {
  std::shared_ptr<const AudioKeyValues> audio;
  std::vector<nn::KeyValues> layers;
  int length = 0;
};

/// Whisper's text decoder (`TextDecoder` of OpenAI's model.py). Immutable.
class Decoder {
 public:
  explicit Decoder(const Weights& weights);

  /// What cross-attention needs of the encoder's output, [sum of frames, state], for windows of `frames` each.
  std::vector<std::shared_ptr<const EncodedAudio>> remember(nn::Compute& compute, const nn::Matrix& encoded,
                                                            std::span<const int> frames) const;

  /// `audio` is of this decoder.
  SaidTokens start(const nn::Kernels& kernels, std::shared_ptr<const EncodedAudio> audio) const;

  struct Input {
    SaidTokens* said = nullptr;
    std::span<const int> tokens;
  };

  /// Called with the scaled queries of a layer's cross-attention.
  using Observer = std::function<void(int layer, const nn::Matrix& queries)>;

  /// Appends the tokens of each input to what it said. Returns the last hidden states of all of them,
  /// [sum of tokens, state], before the logits.
  nn::Matrix run(nn::Compute& compute, std::span<const Input> inputs, const Observer& observe) const;

  /// `hidden` [rows, state] -> `out` [rows, n_vocab].
  void logits(nn::Compute& compute, const nn::Matrix& hidden, const nn::Matrix& out) const;

  int vocabulary_size() const { return tokens_.outputs(); }
  int context() const { return positions_.rows(); }
  int layers() const { return static_cast<int>(layers_.size()); }
  std::size_t size_bytes() const;
  /// As `Network::window_bytes`.
  std::size_t window_bytes(int sequences) const;

 private:
  struct Layer {
    Layer(const Weights& weights, const std::string& name, int head_width);

    Block block;
    nn::LayerNorm cross_norm;
    nn::Linear cross_query;
    nn::Linear cross_key_value;
    nn::Linear cross_out;
  };

  nn::Matrix embed(nn::Compute& compute, std::span<const Input> inputs) const;
  void attend_to_text(nn::Compute& compute, int index, std::span<const Input> inputs, const nn::Matrix& x) const;
  void attend_to_audio(nn::Compute& compute, int index, std::span<const Input> inputs, const nn::Matrix& x,
                       const Observer& observe) const;

  const int state_;
  const int heads_;
  const int audio_context_;
  const nn::KeyValuePrecision audio_precision_;
  nn::Linear tokens_;     // [n_vocab, state]: the embedding and the logits in one
  nn::Matrix positions_;  // [n_text_ctx, state]
  std::vector<Layer> layers_;
  nn::LayerNorm norm_;
};

}  // namespace voxlate::whisper
