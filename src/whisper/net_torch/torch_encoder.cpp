#include "whisper/net_torch/torch_encoder.h"

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/stack.h>

#include <string>

namespace voxlate::whisper {
namespace {

/// What a convolution of width 3 multiplies: x [windows, rows, channels] -> [windows, (rows - 3) / step + 1, 3 *
/// channels], three rows side by side. As a plain product the convolution is in full float32, whatever cuDNN is allowed
/// to do.
at::Tensor threes(const at::Tensor& x, std::int64_t step) {
  const std::int64_t rows = x.size(1);
  const std::int64_t channels = x.size(2);
  return x.as_strided({x.size(0), (rows - 3) / step + 1, 3 * channels}, {rows * channels, step * channels, 1})
      .contiguous();
}

}  // namespace

TorchEncoder::TorchEncoder(TorchWeights& weights)
    : kind_(TorchWeights::kind(weights.dims().n_audio_head)),
      conv1_(weights.convolution("encoder.conv1")),
      conv2_(weights.convolution("encoder.conv2")),
      positions_(weights.tensor("encoder.positional_embedding")),
      norm_(weights.norm("encoder.ln_post")) {
  for (int layer = 0; layer < weights.dims().n_audio_layer; ++layer)
    layers_.push_back(weights.encoder_layer("encoder.blocks." + std::to_string(layer)));
}

at::Tensor TorchEncoder::encode(const at::Tensor& mel) const {
  const at::Tensor narrow = at::gelu(conv1_(threes(mel.contiguous(), /*step=*/1)));
  at::Tensor x = at::gelu(conv2_(threes(at::constant_pad_nd(narrow, {0, 0, 1, 1}), /*step=*/2))).add(positions_);
  for (const nn::TorchEncoderLayer& layer : layers_) {
    x = nn::torch_sublayer(kind_.norm_first, layer.self.norm, x,
                           [&](const at::Tensor& input) { return attend(layer.self, input); });
    x = nn::torch_feed_forward(kind_, layer.feed_forward, x);
  }
  return norm_(x);
}

/// One window at a time: the scores of several would take gigabytes.
at::Tensor TorchEncoder::attend(const nn::TorchSelfAttention& layer, const at::Tensor& x) const {
  const std::int64_t rows = x.size(1);
  const std::int64_t state = x.size(2);
  const at::Tensor query_key_value = layer.query_key_value(x);
  std::vector<at::Tensor> windows;
  for (std::int64_t window = 0; window < x.size(0); ++window) {
    const at::Tensor heads =
        query_key_value.select(0, window).view({rows, 3, kind_.heads, state / kind_.heads}).permute({1, 2, 0, 3});
    windows.push_back(nn::torch_attention(heads.select(0, 0), heads.select(0, 1), heads.select(0, 2), /*hidden=*/{})
                          .transpose(0, 1)
                          .reshape({rows, state}));
  }
  return layer.out(at::stack(windows));
}

}  // namespace voxlate::whisper
