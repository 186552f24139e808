#include "nn_torch/torch_decoder.h"

#include <ATen/TensorIndexing.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

#include <algorithm>
#include <cassert>

#include "nn_torch/torch_form.h"

namespace voxlate::nn {

/// The rows of a step, one a token.
struct TorchDecoder::Batch {
  TorchRows rows;
  at::Tensor tokens;     // of each row
  at::Tensor positions;  // of each row in its sequence
  at::Tensor row_sequences;
  at::Tensor sequences;   // of each input
  at::Tensor hidden;      // [inputs, 1, longest, keys]: the keys that a row does not see
  std::int64_t keys = 0;  // of the longest sequence
};

/// Encoded inputs of a step that are read together: one for all sequences that follow each other and read it.
struct TorchDecoder::Sources {
  TorchRows rows;
  at::Tensor slots;
  at::Tensor hidden;      // [sources, 1, 1, keys]; undefined: all are of one length
  std::int64_t keys = 0;  // of the longest
};

std::vector<std::shared_ptr<const EncodedSource>> TorchDecoder::remember(const at::Tensor& encoded,
                                                                         std::span<const std::int64_t> lengths) const {
  const auto layers = static_cast<std::int64_t>(parts_.layers.size());
  std::vector<at::Tensor> memories;
  for (const std::int64_t length : lengths)
    memories.push_back(at::empty({layers, 2, heads(), length, width()}, encoded.options()));
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const at::Tensor key_value = parts_.layers[static_cast<std::size_t>(layer)]
                                     .cross.key_value(encoded)
                                     .view({encoded.size(0), 2, heads(), width()})
                                     .permute({1, 2, 0, 3});
    std::int64_t row = 0;
    for (const at::Tensor& memory : memories) {
      memory.select(0, layer).copy_(key_value.narrow(2, row, memory.size(3)));
      row += memory.size(3);
    }
  }
  std::vector<std::shared_ptr<const EncodedSource>> sources;
  for (at::Tensor& memory : memories) sources.push_back(std::make_shared<const TorchSource>(std::move(memory)));
  return sources;
}

TorchSlots TorchDecoder::slots(std::int64_t context) const {
  return {{.layers = static_cast<std::int64_t>(parts_.layers.size()),
           .heads = heads(),
           .width = width(),
           .context = context},
          form_};
}

TorchSlots TorchDecoder::said_slots() const { return slots(context()); }

TorchSlots TorchDecoder::source_slots() const { return slots(parts_.source_context); }

at::Tensor TorchDecoder::run(std::span<const Input> inputs, TorchSlots& said, const TorchSlots& sources,
                             const Observer& observe) const {
  const Batch batch = batch_of(inputs);
  std::optional<Sources> joined;
  if (parts_.joins_sources) joined = sources_of(inputs);
  const int last = std::max_element(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) {
                     return a.sequence < b.sequence;
                   })->sequence;
  said.reserve(last + 1, batch.keys);
  const bool norm_first = parts_.kind.norm_first;
  at::Tensor x = parts_.embedding(batch.tokens, batch.positions);
  for (int index = 0; index < static_cast<int>(parts_.layers.size()); ++index) {
    const TorchDecoderLayer& layer = parts_.layers[static_cast<std::size_t>(index)];
    x = torch_sublayer(norm_first, layer.self.norm, x, [&](const at::Tensor& input) {
      return attend_to_said(layer.self, batch, said.layer(index), input);
    });
    x = torch_sublayer(norm_first, layer.cross.norm, x, [&](const at::Tensor& input) {
      const at::Tensor queries = layer.cross.query(input);
      if (observe) observe(index, queries);
      return layer.cross.out(joined ? attend_to_sources(*joined, sources.layer(index), queries)
                                    : attend_to_source(index, inputs, queries));
    });
    x = torch_feed_forward(parts_.kind, layer.feed_forward, x);
  }
  return parts_.norm ? (*parts_.norm)(x) : x;
}

TorchDecoder::Batch TorchDecoder::batch_of(std::span<const Input> inputs) const {
  std::vector<std::int64_t> counts;
  std::int64_t keys = 0;
  for (const Input& input : inputs) {
    counts.push_back(static_cast<std::int64_t>(input.tokens.size()));
    keys = std::max(keys, input.said + counts.back());
  }
  assert(keys <= context());
  Batch batch{.rows = TorchRows(counts, form_), .keys = keys};
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> positions;
  std::vector<std::int64_t> row_sequences;
  std::vector<std::int64_t> sequences;
  std::vector<std::int64_t> last_keys;  // that each padded row sees
  for (const Input& input : inputs) {
    const auto rows = static_cast<std::int64_t>(input.tokens.size());
    for (std::int64_t i = 0; i < batch.rows.longest(); ++i) last_keys.push_back(input.said + std::min(i, rows - 1));
    for (std::int64_t i = 0; i < rows; ++i) {
      tokens.push_back(input.tokens[static_cast<std::size_t>(i)]);
      positions.push_back(input.said + i);
      row_sequences.push_back(input.sequence);
    }
    sequences.push_back(input.sequence);
  }
  batch.tokens = indices(tokens, form_);
  batch.positions = indices(positions, form_);
  batch.row_sequences = indices(row_sequences, form_);
  batch.sequences = indices(sequences, form_);
  batch.hidden = at::arange(keys, batch.tokens.options())
                     .gt(indices(last_keys, form_).view({batch.rows.inputs(), 1, batch.rows.longest(), 1}));
  return batch;
}

TorchDecoder::Sources TorchDecoder::sources_of(std::span<const Input> inputs) const {
  std::vector<std::int64_t> counts;
  std::vector<std::int64_t> slots;
  std::vector<std::int64_t> lengths;
  for (const Input& input : inputs) {
    if (slots.empty() || slots.back() != input.source_slot) {
      counts.push_back(0);
      slots.push_back(input.source_slot);
      lengths.push_back(input.source->length());
    }
    counts.back() += static_cast<std::int64_t>(input.tokens.size());
  }
  const auto [shortest, longest] = std::minmax_element(lengths.begin(), lengths.end());
  Sources sources{.rows = TorchRows(counts, form_), .slots = indices(slots, form_), .hidden = {}, .keys = *longest};
  if (*shortest < *longest) {
    sources.hidden = at::arange(sources.keys, sources.slots.options())
                         .ge(indices(lengths, form_).view({sources.rows.inputs(), 1, 1, 1}));
  }
  return sources;
}

/// `said`: of this layer.
at::Tensor TorchDecoder::attend_to_said(const TorchSelfAttention& layer, const Batch& batch, at::Tensor said,
                                        const at::Tensor& x) const {
  using at::indexing::Slice;
  const at::Tensor query_key_value = layer.query_key_value(x);
  said.index_put_({Slice(), batch.row_sequences, Slice(), batch.positions},
                  query_key_value.narrow(1, state(), 2 * state()).view({x.size(0), 2, heads(), width()}));
  const at::Tensor memory = said.narrow(3, 0, batch.keys).index_select(1, batch.sequences);
  const at::Tensor queries = batch.rows.pad(query_key_value.narrow(1, 0, state()))
                                 .view({batch.rows.inputs(), batch.rows.longest(), heads(), width()})
                                 .transpose(1, 2);
  return layer.out(batch.rows.pack(torch_attention(queries, memory.select(0, 0), memory.select(0, 1), batch.hidden)
                                       .transpose(1, 2)
                                       .reshape({batch.rows.inputs(), batch.rows.longest(), state()})));
}

/// Sequences that follow each other and read one input share one product.
at::Tensor TorchDecoder::attend_to_source(int index, std::span<const Input> inputs, const at::Tensor& queries) const {
  std::vector<at::Tensor> out;
  std::int64_t row = 0;
  for (auto input = inputs.begin(); input != inputs.end();) {
    const TorchSource* const source = input->source;
    std::int64_t rows = 0;
    for (; input != inputs.end() && input->source == source; ++input) {
      rows += static_cast<std::int64_t>(input->tokens.size());
    }
    const at::Tensor memory = source->layer(index);
    out.push_back(
        torch_attention(heads_of(queries.narrow(0, row, rows)), memory.select(0, 0), memory.select(0, 1), /*hidden=*/{})
            .transpose(0, 1)
            .reshape({rows, state()}));
    row += rows;
  }
  return at::cat(out);
}

/// The same for all inputs in one product; `memory`: of this layer.
at::Tensor TorchDecoder::attend_to_sources(const Sources& sources, const at::Tensor& memory,
                                           const at::Tensor& queries) const {
  const at::Tensor read = memory.narrow(3, 0, sources.keys).index_select(1, sources.slots);
  const at::Tensor padded =
      sources.rows.pad(queries).view({sources.rows.inputs(), sources.rows.longest(), heads(), width()}).transpose(1, 2);
  return sources.rows.pack(torch_attention(padded, read.select(0, 0), read.select(0, 1), sources.hidden)
                               .transpose(1, 2)
                               .reshape({sources.rows.inputs(), sources.rows.longest(), state()}));
}

/// [rows, state] -> [heads, rows, width]
at::Tensor TorchDecoder::heads_of(const at::Tensor& x) const {
  return x.view({x.size(0), heads(), width()}).transpose(0, 1);
}

at::Tensor TorchDecoder::logits(const at::Tensor& hidden) const { return parts_.projection(hidden).to(at::kFloat); }

at::Tensor TorchDecoder::scores(const TorchSource& source, const AttentionHead& head, const at::Tensor& queries,
                                std::int64_t positions) const {
  const at::Tensor keys = source.layer(head.layer).select(0, 0).select(0, head.head).narrow(0, 0, positions);
  return at::matmul(heads_of(queries).select(0, head.head), keys.t()).to(at::kFloat);
}

}  // namespace voxlate::nn
