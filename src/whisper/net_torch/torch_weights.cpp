#include "whisper/net_torch/torch_weights.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <span>

namespace voxlate::whisper {
namespace {

float query_scale(int head_width) { return 1 / std::sqrt(static_cast<float>(head_width)); }

}  // namespace

at::Tensor TorchLinear::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

at::Tensor TorchNorm::operator()(const at::Tensor& x) const {
  constexpr double kEpsilon = 1e-5;
  return at::layer_norm(x, {x.size(-1)}, scale, shift, kEpsilon);
}

at::Tensor TorchWeights::tensor(const std::string& name, float scale) {
  const model_file::TensorView& stored = file_.tensor(name);
  at::Tensor values = at::empty(stored.shape, at::kFloat);
  model_file::to_f32(stored, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
  if (scale != 1) values.mul_(scale);
  values = values.to(form_);
  size_bytes_ += values.nbytes();
  return values;
}

TorchNorm TorchWeights::norm(const std::string& name) {
  return {.scale = tensor(name + ".weight"), .shift = tensor(name + ".bias")};
}

TorchLinear TorchWeights::query_key_value(const std::string& name, int head_width) {
  return joined({{name + ".query", query_scale(head_width)}, {name + ".key"}, {name + ".value"}});
}

TorchLinear TorchWeights::query(const std::string& name, int head_width) {
  return joined({{name + ".query", query_scale(head_width)}});
}

TorchLinear TorchWeights::key_value(const std::string& name) { return joined({{name + ".key"}, {name + ".value"}}); }

TorchLinear TorchWeights::joined(const std::vector<Part>& parts) {
  std::vector<at::Tensor> weights;
  std::vector<at::Tensor> biases;
  for (const Part& part : parts) {
    weights.push_back(tensor(part.name + ".weight", part.scale));
    const std::string bias = part.name + ".bias";
    biases.push_back(file_.tensors().contains(bias) ? tensor(bias, part.scale)
                                                    : at::zeros({weights.back().size(0)}, form_));
  }
  return {.weight = at::cat(weights), .bias = at::cat(biases)};
}

TorchLinear TorchWeights::convolution(const std::string& name) {
  const at::Tensor stored = tensor(name + ".weight");  // [outputs, channels, 3]
  return {.weight = stored.transpose(1, 2).reshape({stored.size(0), -1}), .bias = tensor(name + ".bias")};
}

TorchBlock::TorchBlock(TorchWeights& weights, const std::string& name, int head_width)
    : attention_norm(weights.norm(name + ".attn_ln")),
      query_key_value(weights.query_key_value(name + ".attn", head_width)),
      attention_out(weights.linear(name + ".attn.out")),
      mlp_norm(weights.norm(name + ".mlp_ln")),
      mlp_in(weights.linear(name + ".mlp.0")),
      mlp_out(weights.linear(name + ".mlp.2")) {}

at::Tensor TorchBlock::feed_forward(const at::Tensor& x) const { return x.add(mlp_out(at::gelu(mlp_in(mlp_norm(x))))); }

at::Tensor torch_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                           const at::Tensor& hidden) {
  at::Tensor scores = at::matmul(queries, keys.transpose(-2, -1));
  if (hidden.defined()) scores.masked_fill_(hidden, -std::numeric_limits<float>::infinity());
  return at::matmul(at::softmax(scores, -1, at::kFloat).to(values.scalar_type()), values);
}

}  // namespace voxlate::whisper
