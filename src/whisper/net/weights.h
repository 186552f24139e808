#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model_file/whisper_file.h"
#include "nn/kernels.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/linear_part.h"
#include "nn/matrix.h"
#include "nn/token_decoder.h"
#include "nn/transformer.h"
#include "whisper/net/network.h"

namespace voxlate::whisper {

Network::Shape shape_of(const model_file::WhisperDims& dims);

/// Takes the layers of a network out of its file, under OpenAI's names.
class Weights {
 public:
  Weights(const model_file::WhisperFile& file, const nn::Kernels& kernels, ComputeType type)
      : file_(file), kernels_(kernels), type_(type) {}

  const nn::Kernels& kernels() const { return kernels_; }
  ComputeType type() const { return type_; }
  const model_file::WhisperDims& dims() const { return file_.dims(); }

  nn::TransformerEncoder encoder_stack() const;

  /// The whole text decoder (`TextDecoder` of OpenAI's model.py): its token embedding gives the logits too.
  nn::TokenDecoder decoder() const;

  /// A convolution of width 3 as a layer over windows of three rows; not in integers, since it costs little.
  nn::Linear convolution(const std::string& name) const;

  nn::Matrix matrix(const std::string& name) const;

 private:
  /// `name`.weight and, where there is one, `name`.bias.
  nn::LinearPart part(const std::string& name, float scale = 1) const;
  nn::Linear joined(std::initializer_list<nn::LinearPart> parts) const;
  nn::Linear linear(const std::string& name) const { return joined({part(name)}); }
  nn::LayerNorm layer_norm(const std::string& name) const;

  nn::SelfAttention self_attention(const std::string& name, int heads) const;
  nn::CrossAttention cross_attention(const std::string& name, int heads) const;
  nn::FeedForward feed_forward(const std::string& name) const;

  std::vector<float> vector(const std::string& name) const;

  const model_file::WhisperFile& file_;
  const nn::Kernels& kernels_;
  const ComputeType type_;
};

}  // namespace voxlate::whisper
