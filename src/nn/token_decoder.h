#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "nn/transformer.h"

namespace voxlate::nn {

/// Tokens as rows of numbers: the table's row, scaled, and the position's, then normalised where the network wants it.
struct TokenEmbedding {
  std::shared_ptr<const Linear> table;  ///< [vocabulary, state]
  float scale = 1;
  Matrix positions;  ///< [context, state]
  std::optional<LayerNorm> norm;
  bool starts_from_zero = false;  ///< the first token's row counts as zeros, whatever token it is

  int vocabulary() const { return table->outputs(); }
  int context() const { return positions.rows(); }
  int state() const { return positions.columns(); }

  /// Rows [first_row, first_row + tokens) of `x` become the tokens at the positions from `first_position` on, all
  /// within the context. Without the normalisation.
  void write(const Kernels& kernels, std::span<const int> tokens, int first_position, const Matrix& x,
             int first_row) const;

  /// What is left to do on rows that were all written.
  void finish(Compute& compute, const Matrix& x) const;
};

/// A decoder from tokens to the logits of the next one: embedding, stack, projection. Immutable.
class TokenDecoder {
 public:
  /// `projection`: [vocabulary, state]; often the embedding's table.
  TokenDecoder(TokenEmbedding embedding, TransformerDecoder stack, std::shared_ptr<const Linear> projection)
      : embedding_(std::move(embedding)), stack_(std::move(stack)), projection_(std::move(projection)) {}

  std::vector<std::shared_ptr<const SourceKeyValues>> remember(Compute& compute, const Matrix& encoded,
                                                               std::span<const int> lengths) const {
    return stack_.remember(compute, encoded, lengths);
  }

  struct Input {
    DecodedSequence* sequence = nullptr;
    std::span<const int> tokens;
  };

  /// Appends the tokens of each input to its sequence. Returns the last hidden states of all of them, [sum of tokens,
  /// state].
  Matrix run(Compute& compute, std::span<const Input> inputs, const TransformerDecoder::Observer& observe) const;

  /// `hidden` [rows, state] -> `out` [rows, vocabulary].
  void logits(Compute& compute, const Matrix& hidden, const Matrix& out) const {
    projection_->apply(compute, hidden, out);
  }

  struct Observation {
    Matrix scores;  ///< [heads * tokens, keys]: of the cross-attention, before the soft-max
    Matrix hidden;  ///< [tokens, state]
  };

  /// How strongly some heads look at the first `keys` positions of the source when these tokens are said.
  Observation observe(Compute& compute, std::shared_ptr<const SourceKeyValues> source, std::span<const int> tokens,
                      std::span<const AttentionHead> heads, int keys) const;

  const TransformerDecoder& stack() const { return stack_; }
  int vocabulary() const { return projection_->outputs(); }
  int context() const { return embedding_.context(); }

  std::size_t size_bytes() const {
    return stack_.size_bytes() + projection_->size_bytes() +
           (embedding_.table == projection_ ? 0 : embedding_.table->size_bytes());
  }

 private:
  TokenEmbedding embedding_;
  TransformerDecoder stack_;
  std::shared_ptr<const Linear> projection_;
};

/// Sequences of a TokenDecoder; borrows both.
class TokenDecoderSession final : public DecoderSession {
 public:
  TokenDecoderSession(Compute& compute, const TokenDecoder& decoder) : compute_(compute), decoder_(decoder) {}

  int open(std::shared_ptr<const EncodedSource> source) override;
  int fork(int sequence) override;
  void close(int sequence) override { sequences_.erase(sequence); }
  int length(int sequence) const override { return sequences_.at(sequence).length; }
  std::span<float> step(std::span<const Input> inputs) override;

 private:
  int add(DecodedSequence sequence);

  Compute& compute_;
  const TokenDecoder& decoder_;
  std::map<int, DecodedSequence> sequences_;
  int next_ = 0;
  Matrix logits_;
};

}  // namespace voxlate::nn
