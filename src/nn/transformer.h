#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "nn/attention.h"
#include "nn/compute.h"
#include "nn/decoder_session.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/matrix.h"

namespace voxlate::nn {

/// What the layers of a stack have in common.
struct TransformerKind {
  int heads = 1;
  bool norm_first = true;  ///< a sublayer is x + f(norm(x)); else norm(x + f(x)), as in "Attention Is All You Need"
  Activation activation = Activation::kRelu;                  ///< of the feed-forward layers
  KeyValuePrecision precision = KeyValuePrecision::kFloat32;  ///< of what all positions are attended to at once
};

struct SelfAttention {
  LayerNorm norm;
  Linear query_key_value;  ///< [3 state, state], the queries scaled by 1 / sqrt(width of a head)
  Linear out;
};

struct CrossAttention {
  LayerNorm norm;
  Linear query;      ///< [state, state], scaled
  Linear key_value;  ///< [2 state, state]
  Linear out;
};

struct FeedForward {
  LayerNorm norm;
  Linear in;
  Linear out;
};

struct EncoderLayer {
  SelfAttention self;
  FeedForward feed_forward;
};

struct DecoderLayer {
  SelfAttention self;
  CrossAttention cross;
  FeedForward feed_forward;
};

/// A stack of layers in which all positions of an input see each other. Immutable.
class TransformerEncoder {
 public:
  /// `norm`: behind the last layer; none where there is none.
  TransformerEncoder(const TransformerKind& kind, std::vector<EncoderLayer> layers, std::optional<LayerNorm> norm)
      : kind_(kind), layers_(std::move(layers)), norm_(std::move(norm)) {}

  /// `x`: the embedded inputs one behind the other, [sum of lengths, state]; becomes what the stack makes of them.
  /// An input does not depend on the others.
  void run(Compute& compute, const Matrix& x, std::span<const int> lengths) const;

  std::size_t size_bytes() const;

 private:
  const TransformerKind kind_;
  std::vector<EncoderLayer> layers_;
  std::optional<LayerNorm> norm_;
};

/// An encoded input as a decoder sees it.
class SourceKeyValues final : public EncodedSource {
 public:
  explicit SourceKeyValues(std::vector<KeyValues> layers) : layers_(std::move(layers)) {}

  /// Keys and values of the cross-attention of a layer.
  const KeyValues& layer(int index) const { return layers_[static_cast<std::size_t>(index)]; }

  int length() const { return layers_.front().shape().capacity; }

 private:
  std::vector<KeyValues> layers_;
};

/// What one sequence of a decoder has said so far, as keys and values of each layer's self-attention. They grow with
/// it.
struct DecodedSequence {
  std::shared_ptr<const SourceKeyValues> source;
  std::vector<KeyValues> layers;
  int length = 0;
};

/// A stack of layers in which each position of a sequence sees those before it and an encoded input. Immutable.
class TransformerDecoder {
 public:
  TransformerDecoder(const TransformerKind& kind, std::vector<DecoderLayer> layers, std::optional<LayerNorm> norm)
      : kind_(kind), layers_(std::move(layers)), norm_(std::move(norm)) {}

  /// What cross-attention needs of the encoder's output, [sum of lengths, state].
  std::vector<std::shared_ptr<const SourceKeyValues>> remember(Compute& compute, const Matrix& encoded,
                                                               std::span<const int> lengths) const;

  struct Input {
    DecodedSequence* sequence = nullptr;
    int rows = 0;  ///< of x that are the next positions of the sequence
  };

  /// Called with the scaled queries of a layer's cross-attention.
  using Observer = std::function<void(int layer, const Matrix& queries)>;

  /// `x`: the embedded positions of the inputs one behind the other, [sum of rows, state]; becomes what the stack
  /// makes of them. An input does not depend on the others.
  void run(Compute& compute, const Matrix& x, std::span<const Input> inputs, const Observer& observe) const;

  int layers() const { return static_cast<int>(layers_.size()); }
  int heads() const { return kind_.heads; }
  std::size_t size_bytes() const;

  /// Memory that an input of `length` takes, and sequences of `positions` over it.
  std::size_t source_bytes(int length) const;
  std::size_t sequence_bytes(int positions) const;

 private:
  int state() const { return layers_.front().self.out.outputs(); }
  KeyValues::Shape shape(int capacity) const { return {capacity, kind_.heads, state() / kind_.heads}; }
  void make_room(const Kernels& kernels, DecodedSequence& sequence, int positions) const;
  void attend_to_said(Compute& compute, int index, std::span<const Input> inputs, const Matrix& x) const;
  void attend_to_source(Compute& compute, int index, std::span<const Input> inputs, const Matrix& x,
                        const Observer& observe) const;

  const TransformerKind kind_;
  std::vector<DecoderLayer> layers_;
  std::optional<LayerNorm> norm_;
};

}  // namespace voxlate::nn
