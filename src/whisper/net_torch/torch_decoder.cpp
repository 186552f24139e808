#include "whisper/net_torch/torch_decoder.h"

#include <ATen/TensorIndexing.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cassert>
#include <string>

namespace voxlate::whisper {
namespace {

std::int64_t rounded_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

}  // namespace

void TorchSaid::reserve(std::int64_t sequences, std::int64_t tokens) {
  constexpr std::int64_t kSequenceStep = 8;
  constexpr std::int64_t kTokenStep = 64;
  const std::int64_t old_sequences = memory_.defined() ? memory_.size(2) : 0;
  const std::int64_t old_tokens = memory_.defined() ? memory_.size(4) : 0;
  if (sequences <= old_sequences && tokens <= old_tokens) return;
  const at::Tensor old = memory_;
  // Zeros, since what is hidden is multiplied too, by zero: it must be finite.
  memory_ = at::zeros({shape_.layers, 2, std::max(rounded_up(sequences, kSequenceStep), old_sequences), shape_.heads,
                       std::max(std::min(rounded_up(tokens, kTokenStep), shape_.context), old_tokens), shape_.width},
                      form_);
  if (old.defined()) memory_.narrow(2, 0, old_sequences).narrow(4, 0, old_tokens).copy_(old);
}

void TorchSaid::copy(std::int64_t from, std::int64_t to, std::int64_t tokens) {
  if (tokens > 0) memory_.select(2, to).narrow(3, 0, tokens).copy_(memory_.select(2, from).narrow(3, 0, tokens));
}

/// The rows of a step, one a token. Attention to the text wants sequences of one length: `padded` says where the rows
/// go among `sequences` times `longest`.
struct TorchDecoder::Batch {
  at::Tensor tokens;     // of each row
  at::Tensor positions;  // of each row in its sequence
  at::Tensor row_sequences;
  at::Tensor sequences;  // of each input
  at::Tensor padded;     // undefined: each input has `longest` rows, so the rows are where they belong
  at::Tensor hidden;     // [inputs, 1, longest, keys]: the keys that a row does not see
  std::int64_t longest = 0;
  std::int64_t keys = 0;
};

TorchDecoder::Layer::Layer(TorchWeights& weights, const std::string& name, int head_width)
    : block(weights, name, head_width),
      cross_norm(weights.norm(name + ".cross_attn_ln")),
      cross_query(weights.query(name + ".cross_attn", head_width)),
      cross_key_value(weights.key_value(name + ".cross_attn")),
      cross_out(weights.linear(name + ".cross_attn.out")) {}

TorchDecoder::TorchDecoder(TorchWeights& weights)
    : state_(weights.dims().n_text_state),
      heads_(weights.dims().n_text_head),
      form_(weights.form()),
      tokens_(weights.tensor("decoder.token_embedding.weight")),
      positions_(weights.tensor("decoder.positional_embedding")),
      norm_(weights.norm("decoder.ln")) {
  for (int layer = 0; layer < weights.dims().n_text_layer; ++layer) {
    layers_.emplace_back(weights, "decoder.blocks." + std::to_string(layer), static_cast<int>(state_ / heads_));
  }
}

/// Each window has memory of its own, which goes with it.
std::vector<std::shared_ptr<const EncodedAudio>> TorchDecoder::remember(const at::Tensor& encoded) const {
  const std::int64_t count = encoded.size(0);
  std::vector<std::vector<at::Tensor>> windows(static_cast<std::size_t>(count));
  for (const Layer& layer : layers_) {
    const at::Tensor key_value = layer.cross_key_value(encoded)
                                     .view({count, encoded.size(1), 2, heads_, state_ / heads_})
                                     .permute({0, 2, 3, 1, 4});
    for (std::int64_t window = 0; window < count; ++window) {
      windows[static_cast<std::size_t>(window)].push_back(
          key_value.select(0, window).clone(at::MemoryFormat::Contiguous));
    }
  }
  std::vector<std::shared_ptr<const EncodedAudio>> audio;
  for (auto& layers : windows) audio.push_back(std::make_shared<const TorchAudio>(std::move(layers)));
  return audio;
}

TorchSaid TorchDecoder::start() const {
  return {{.layers = static_cast<std::int64_t>(layers_.size()),
           .heads = heads_,
           .width = state_ / heads_,
           .context = positions_.size(0)},
          form_};
}

at::Tensor TorchDecoder::run(std::span<const Input> inputs, TorchSaid& said, const Observer& observe) const {
  const Batch batch = batch_of(inputs);
  const int last = std::max_element(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) {
                     return a.sequence < b.sequence;
                   })->sequence;
  said.reserve(last + 1, batch.keys);
  at::Tensor x = tokens_.index_select(0, batch.tokens).add(positions_.index_select(0, batch.positions));
  for (int index = 0; index < static_cast<int>(layers_.size()); ++index) {
    const TorchBlock& block = layers_[static_cast<std::size_t>(index)].block;
    x = x.add(attend_to_text(block, batch, said.layer(index), x));
    x = x.add(attend_to_audio(index, inputs, x, observe));
    x = block.feed_forward(x);
  }
  return norm_(x);
}

TorchDecoder::Batch TorchDecoder::batch_of(std::span<const Input> inputs) const {
  Batch batch;
  for (const Input& input : inputs) {
    const auto rows = static_cast<std::int64_t>(input.tokens.size());
    batch.longest = std::max(batch.longest, rows);
    batch.keys = std::max(batch.keys, input.said + rows);
  }
  assert(batch.keys <= positions_.size(0));
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> positions;
  std::vector<std::int64_t> row_sequences;
  std::vector<std::int64_t> sequences;
  std::vector<std::int64_t> padded;
  std::vector<std::int64_t> last_keys;  // that each padded row sees
  for (const Input& input : inputs) {
    const auto rows = static_cast<std::int64_t>(input.tokens.size());
    for (std::int64_t i = 0; i < batch.longest; ++i) last_keys.push_back(input.said + std::min(i, rows - 1));
    for (std::int64_t i = 0; i < rows; ++i) {
      tokens.push_back(input.tokens[static_cast<std::size_t>(i)]);
      positions.push_back(input.said + i);
      row_sequences.push_back(input.sequence);
      padded.push_back(static_cast<std::int64_t>(sequences.size()) * batch.longest + i);
    }
    sequences.push_back(input.sequence);
  }
  batch.tokens = indices(tokens);
  batch.positions = indices(positions);
  batch.row_sequences = indices(row_sequences);
  batch.sequences = indices(sequences);
  if (tokens.size() < last_keys.size()) batch.padded = indices(padded);
  batch.hidden = at::arange(batch.keys, batch.tokens.options())
                     .gt(indices(last_keys).view({static_cast<std::int64_t>(inputs.size()), 1, batch.longest, 1}));
  return batch;
}

at::Tensor TorchDecoder::indices(std::span<const std::int64_t> values) const {
  return at::tensor(at::IntArrayRef(values.data(), values.size()), at::kLong).to(form_.device());
}

/// `said`: of this layer.
at::Tensor TorchDecoder::attend_to_text(const TorchBlock& block, const Batch& batch, at::Tensor said,
                                        const at::Tensor& x) const {
  using at::indexing::Slice;
  const std::int64_t width = state_ / heads_;
  const std::int64_t inputs = batch.sequences.size(0);
  const at::Tensor query_key_value = block.query_key_value(block.attention_norm(x));
  said.index_put_({Slice(), batch.row_sequences, Slice(), batch.positions},
                  query_key_value.narrow(1, state_, 2 * state_).view({x.size(0), 2, heads_, width}));
  const at::Tensor memory = said.narrow(3, 0, batch.keys).index_select(1, batch.sequences);
  at::Tensor queries = query_key_value.narrow(1, 0, state_);
  if (batch.padded.defined()) {
    queries = at::zeros({inputs * batch.longest, state_}, x.options()).index_copy_(0, batch.padded, queries);
  }
  const at::Tensor heads = queries.view({inputs, batch.longest, heads_, width}).transpose(1, 2);
  at::Tensor out = torch_attention(heads, memory.select(0, 0), memory.select(0, 1), batch.hidden)
                       .transpose(1, 2)
                       .reshape({-1, state_});
  if (batch.padded.defined()) out = out.index_select(0, batch.padded);
  return block.attention_out(out);
}

/// Inputs that follow each other and hear the same window share one product.
at::Tensor TorchDecoder::attend_to_audio(int index, std::span<const Input> inputs, const at::Tensor& x,
                                         const Observer& observe) const {
  const Layer& layer = layers_[static_cast<std::size_t>(index)];
  const at::Tensor queries = layer.cross_query(layer.cross_norm(x));
  if (observe) observe(index, queries);
  std::vector<at::Tensor> out;
  std::int64_t row = 0;
  for (auto input = inputs.begin(); input != inputs.end();) {
    const TorchAudio* const audio = input->audio;
    std::int64_t rows = 0;
    for (; input != inputs.end() && input->audio == audio; ++input) {
      rows += static_cast<std::int64_t>(input->tokens.size());
    }
    const at::Tensor& memory = audio->layer(index);
    out.push_back(
        torch_attention(heads_of(queries.narrow(0, row, rows)), memory.select(0, 0), memory.select(0, 1), /*hidden=*/{})
            .transpose(0, 1)
            .reshape({rows, state_}));
    row += rows;
  }
  return layer.cross_out(at::cat(out));
}

at::Tensor TorchDecoder::heads_of(const at::Tensor& x) const {
  return x.view({x.size(0), heads_, state_ / heads_}).transpose(0, 1);
}

at::Tensor TorchDecoder::logits(const at::Tensor& hidden) const { return at::linear(hidden, tokens_).to(at::kFloat); }

}  // namespace voxlate::whisper
