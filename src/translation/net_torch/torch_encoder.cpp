#include "translation/net_torch/torch_encoder.h"

#include <ATen/ops/arange.h>

#include <cstdint>

#include "nn_torch/torch_form.h"

namespace voxlate::translation {

at::Tensor TorchEncoder::encode(std::span<const std::span<const int>> sentences) const {
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> places;
  for (const std::span<const int> sentence : sentences) {
    lengths.push_back(static_cast<std::int64_t>(sentence.size()));
    for (std::int64_t place = 0; place < lengths.back(); ++place) {
      tokens.push_back(sentence[static_cast<std::size_t>(place)]);
      places.push_back(place);
    }
  }
  const at::TensorOptions form = parts_.embedding.table.options();
  const nn::TorchRows rows(lengths, form);
  const at::Tensor ends = nn::indices(lengths, form).view({rows.inputs(), 1, 1, 1});
  const at::Tensor hidden = at::arange(rows.longest(), ends.options()).ge(ends);  // what is behind a sentence
  at::Tensor x = parts_.embedding(nn::indices(tokens, form), nn::indices(places, form));
  for (const nn::TorchEncoderLayer& layer : parts_.layers) {
    x = nn::torch_sublayer(parts_.kind.norm_first, layer.self.norm, x,
                           [&](const at::Tensor& input) { return attend(layer.self, rows, hidden, input); });
    x = nn::torch_feed_forward(parts_.kind, layer.feed_forward, x);
  }
  return parts_.norm ? (*parts_.norm)(x) : x;
}

at::Tensor TorchEncoder::attend(const nn::TorchSelfAttention& layer, const nn::TorchRows& rows,
                                const at::Tensor& hidden, const at::Tensor& x) const {
  const std::int64_t heads = parts_.kind.heads;
  const std::int64_t state = x.size(1);
  const at::Tensor query_key_value = rows.pad(layer.query_key_value(x))
                                         .view({rows.inputs(), rows.longest(), 3, heads, state / heads})
                                         .permute({2, 0, 3, 1, 4});
  return layer.out(rows.pack(nn::torch_attention(query_key_value.select(0, 0), query_key_value.select(0, 1),
                                                 query_key_value.select(0, 2), hidden)
                                 .transpose(1, 2)
                                 .reshape({rows.inputs(), rows.longest(), state})));
}

}  // namespace voxlate::translation
