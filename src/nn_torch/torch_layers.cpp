#include "nn_torch/torch_layers.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "nn_torch/torch_form.h"

namespace voxlate::nn {
namespace {

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kNone: return x;
    case Activation::kRelu: return at::relu(x);
    case Activation::kGelu: return at::gelu(x);
    case Activation::kGeluTanh: return at::gelu(x, "tanh");
    case Activation::kGeluSigmoid: return x.mul(at::sigmoid(x.mul(1.702)));
    case Activation::kSwish: return at::silu(x);
  }
  return x;
}

}  // namespace

at::Tensor TorchLinear::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

at::Tensor TorchNorm::operator()(const at::Tensor& x) const {
  constexpr double kEpsilon = 1e-5;
  return at::layer_norm(x, {x.size(-1)}, scale, shift, kEpsilon);
}

at::Tensor TorchEmbedding::operator()(const at::Tensor& tokens, const at::Tensor& places) const {
  at::Tensor x = table.index_select(0, tokens);
  if (scale != 1) x.mul_(scale);
  if (starts_from_zero) x.masked_fill_(places.eq(0).unsqueeze(1), 0);
  x.add_(positions.index_select(0, places));
  return norm ? (*norm)(x) : x;
}

at::Tensor torch_feed_forward(const TransformerKind& kind, const TorchFeedForward& layer, const at::Tensor& x) {
  return torch_sublayer(kind.norm_first, layer.norm, x, [&](const at::Tensor& input) {
    return layer.out(activated(layer.in(input), kind.activation));
  });
}

at::Tensor torch_attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                           const at::Tensor& hidden) {
  at::Tensor scores = at::matmul(queries, keys.transpose(-2, -1));
  if (hidden.defined()) scores.masked_fill_(hidden, -std::numeric_limits<float>::infinity());
  return at::matmul(at::softmax(scores, -1, at::kFloat).to(values.scalar_type()), values);
}

TorchRows::TorchRows(std::span<const std::int64_t> counts, const at::TensorOptions& form)
    : inputs_(static_cast<std::int64_t>(counts.size())), longest_(*std::max_element(counts.begin(), counts.end())) {
  if (std::all_of(counts.begin(), counts.end(), [&](std::int64_t count) { return count == longest_; })) return;
  std::vector<std::int64_t> places;
  std::int64_t first = 0;
  for (const std::int64_t count : counts) {
    for (std::int64_t i = 0; i < count; ++i) places.push_back(first + i);
    first += longest_;
  }
  places_ = indices(places, form);
}

at::Tensor TorchRows::pad(const at::Tensor& x) const {
  const std::int64_t columns = x.size(1);
  if (!places_.defined()) return x.reshape({inputs_, longest_, columns});
  return at::zeros({inputs_ * longest_, columns}, x.options())
      .index_copy_(0, places_, x)
      .view({inputs_, longest_, columns});
}

at::Tensor TorchRows::pack(const at::Tensor& padded) const {
  const at::Tensor rows = padded.reshape({inputs_ * longest_, padded.size(2)});
  return places_.defined() ? rows.index_select(0, places_) : rows;
}

}  // namespace voxlate::nn
