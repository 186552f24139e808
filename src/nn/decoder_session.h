#pragma once

#include <memory>
#include <span>

namespace voxlate::nn {

/// What a decoder needs of one input of the encoder: the keys and values of its cross-attention, in the form of the
/// network that made it, which alone can use it. Immutable, shared by all sequences that decode the input.
class EncodedSource {
 public:
  virtual ~EncodedSource() = default;
};

/// A head of a decoder's cross-attention.
struct AttentionHead {
  int layer = 0;
  int head = 0;

  bool operator==(const AttentionHead&) const = default;
};

/// Sequences of tokens that are decoded side by side. Not thread-safe.
class DecoderSession {
 public:
  struct Input {
    int sequence = 0;
    std::span<const int> tokens;  ///< at least one
  };

  virtual ~DecoderSession() = default;

  /// A new sequence without tokens.
  virtual int open(std::shared_ptr<const EncodedSource> source) = 0;

  /// A new sequence with the tokens of `sequence`.
  virtual int fork(int sequence) = 0;

  virtual void close(int sequence) = 0;

  virtual int length(int sequence) const = 0;

  /// Appends tokens to sequences, each named once, and gives the logits of what follows each one's last token:
  /// [inputs, vocabulary], valid until the next call. The logits of a sequence do not depend on the others: to the
  /// bit with our own kernels; libtorch adds in an order that depends on the shape of the batch, so there they agree
  /// within a relative L2 of 1e-5 in float32.
  virtual std::span<float> step(std::span<const Input> inputs) = 0;
};

}  // namespace voxlate::nn
