#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>
#include <vector>

#include "model_file/whisper_file.h"

namespace voxlate::whisper {

/// x [..., inputs] -> [..., outputs]
struct TorchLinear {
  at::Tensor weight;  ///< [outputs, inputs]
  at::Tensor bias;    ///< [outputs]

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Normalises the last dimension, epsilon 1e-5.
struct TorchNorm {
  at::Tensor scale;
  at::Tensor shift;

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Takes the layers of a network out of its file, under OpenAI's names, and puts them where it will compute.
class TorchWeights {
 public:
  /// `form`: the device and the type of all tensors.
  TorchWeights(const model_file::WhisperFile& file, at::TensorOptions form) : file_(file), form_(form) {}

  const model_file::WhisperDims& dims() const { return file_.dims(); }
  const at::TensorOptions& form() const { return form_; }

  /// Of all tensors taken so far.
  std::size_t size_bytes() const { return size_bytes_; }

  at::Tensor tensor(const std::string& name, float scale = 1);
  TorchLinear linear(const std::string& name) { return joined({{name, 1}}); }
  TorchNorm norm(const std::string& name);

  /// Queries, keys and values of `name` in one layer, the queries scaled for the attention.
  TorchLinear query_key_value(const std::string& name, int head_width);

  /// The queries alone, scaled.
  TorchLinear query(const std::string& name, int head_width);

  TorchLinear key_value(const std::string& name);

  /// A convolution of width 3 as a layer over three rows side by side.
  TorchLinear convolution(const std::string& name);

 private:
  struct Part {
    std::string name;
    float scale = 1;
  };

  /// The outputs of several layers over the same input, one behind the other.
  TorchLinear joined(const std::vector<Part>& parts);

  const model_file::WhisperFile& file_;
  const at::TensorOptions form_;
  std::size_t size_bytes_ = 0;
};

/// What blocks of the encoder and of the decoder share: self-attention's layers and the feed-forward network.
struct TorchBlock {
  TorchBlock(TorchWeights& weights, const std::string& name, int head_width);

  /// x plus what the feed-forward network makes of it.
  at::Tensor feed_forward(const at::Tensor& x) const;

  TorchNorm attention_norm;
  TorchLinear query_key_value;
  TorchLinear attention_out;
  TorchNorm mlp_norm;
  TorchLinear mlp_in;
  TorchLinear mlp_out;
};

/// softmax(q k^T) v, the soft-max in float32: `queries` [..., rows, width], scaled; `keys` and `values` [..., n,
/// width]. `hidden`: true where a row does not see a key, or undefined; [..., rows, n] or what broadcasts to it.
at::Tensor torch_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                           const at::Tensor& hidden);

}  // namespace voxlate::whisper
