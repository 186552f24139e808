#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

#include "nn/transformer.h"

namespace voxlate::nn {

/// x [..., inputs] -> [..., outputs]
struct TorchLinear {
  at::Tensor weight;  ///< [outputs, inputs]
  at::Tensor bias;    ///< [outputs]; undefined: none

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Normalises the last dimension, epsilon 1e-5.
struct TorchNorm {
  at::Tensor scale;
  at::Tensor shift;

  at::Tensor operator()(const at::Tensor& x) const;
};

struct TorchSelfAttention {
  TorchNorm norm;
  TorchLinear query_key_value;  ///< [3 state, state], the queries scaled by 1 / sqrt(width of a head)
  TorchLinear out;
};

struct TorchCrossAttention {
  TorchNorm norm;
  TorchLinear query;      ///< [state, state], scaled
  TorchLinear key_value;  ///< [2 state, state]
  TorchLinear out;
};

struct TorchFeedForward {
  TorchNorm norm;
  TorchLinear in;
  TorchLinear out;
};

struct TorchEncoderLayer {
  TorchSelfAttention self;
  TorchFeedForward feed_forward;
};

struct TorchDecoderLayer {
  TorchSelfAttention self;
  TorchCrossAttention cross;
  TorchFeedForward feed_forward;
};

/// Tokens as rows of numbers, as `TokenEmbedding` makes them.
struct TorchEmbedding {
  at::Tensor table;  ///< [vocabulary, state]
  float scale = 1;
  at::Tensor positions;  ///< [context, state]
  std::optional<TorchNorm> norm;
  bool starts_from_zero = false;  ///< the first token's row counts as zeros, whatever token it is

  /// `tokens` and their `places`, [rows], on the device -> [rows, state].
  at::Tensor operator()(const at::Tensor& tokens, const at::Tensor& places) const;
};

/// One part of a layer: x with what `part(input)` makes of it.
template <typename Part>
at::Tensor torch_sublayer(bool norm_first, const TorchNorm& norm, const at::Tensor& x, const Part& part) {
  return norm_first ? x.add(part(norm(x))) : norm(x.add(part(x)));
}

at::Tensor torch_feed_forward(const TransformerKind& kind, const TorchFeedForward& layer, const at::Tensor& x);

/// softmax(q k^T) v, the soft-max in float32: `queries` [..., rows, width], scaled; `keys` and `values` [..., n,
/// width]. `hidden`: true where a row does not see a key, or undefined; [..., rows, n] or what broadcasts to it.
at::Tensor torch_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                           const at::Tensor& hidden);

/// The rows of several inputs, one behind the other. Attention wants inputs of one length: here is where each row goes
/// among inputs times the longest.
class TorchRows {
 public:
  /// `counts`: rows of each input; the tensors are on the device of `form`.
  TorchRows(std::span<const std::int64_t> counts, const at::TensorOptions& form);

  std::int64_t inputs() const { return inputs_; }
  std::int64_t longest() const { return longest_; }

  /// x [rows, columns] -> [inputs, longest, columns], zeros where an input has no row.
  at::Tensor pad(const at::Tensor& x) const;

  /// The other way.
  at::Tensor pack(const at::Tensor& padded) const;

 private:
  std::int64_t inputs_;
  std::int64_t longest_;
  at::Tensor places_;  // of each row; undefined: all inputs have as many rows, so the rows are where they belong
};

}  // namespace voxlate::nn
