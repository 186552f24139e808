#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string>
#include <vector>

#include "model_file/whisper_file.h"
#include "nn_torch/torch_decoder.h"
#include "nn_torch/torch_layers.h"

namespace voxlate::whisper {

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
  nn::TorchNorm norm(const std::string& name);

  /// What the layers of encoder and decoder have in common.
  static nn::TransformerKind kind(int heads) {
    return {.heads = heads, .norm_first = true, .activation = nn::Activation::kGelu};
  }

  nn::TorchEncoderLayer encoder_layer(const std::string& name);

  /// The whole text decoder (`TextDecoder` of OpenAI's model.py): its token embedding gives the logits too. Windows
  /// are few and long, and read one after the other.
  nn::TorchDecoder decoder();

  /// A convolution of width 3 as a layer over three rows side by side.
  nn::TorchLinear convolution(const std::string& name);

 private:
  struct Part {
    std::string name;
    float scale = 1;
  };

  nn::TorchLinear linear(const std::string& name) { return joined({{name, 1}}); }

  /// The outputs of several layers over the same input, one behind the other.
  nn::TorchLinear joined(const std::vector<Part>& parts);

  nn::TorchSelfAttention self_attention(const std::string& name, int head_width);
  nn::TorchCrossAttention cross_attention(const std::string& name, int head_width);
  nn::TorchFeedForward feed_forward(const std::string& name);

  const model_file::WhisperFile& file_;
  const at::TensorOptions form_;
  std::size_t size_bytes_ = 0;
};

}  // namespace voxlate::whisper
