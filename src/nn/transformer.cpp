#include "nn/transformer.h"

#include <cstdint>

namespace voxlate::nn {
namespace {

/// One part of a layer: `compute_part(input)` adds to `x` what it makes of `input`.
template <typename Part>
void run_sublayer(Compute& compute, bool norm_first, const LayerNorm& norm, const Matrix& x, const Part& compute_part) {
  if (norm_first) {
    const Matrix normed(x.rows(), x.columns());
    norm.apply(compute, x, normed);
    compute_part(normed);
  } else {
    compute_part(x);
    norm.apply(compute, x, x);
  }
}

void feed_forward(Compute& compute, const TransformerKind& kind, const FeedForward& layer, const Matrix& x) {
  run_sublayer(compute, kind.norm_first, layer.norm, x, [&](const Matrix& input) {
    const Matrix hidden(x.rows(), layer.in.outputs());
    layer.in.apply(compute, input, hidden, {.activation = kind.activation});
    layer.out.apply(compute, hidden, x, {.residual = &x});
  });
}

void attend_to_itself(Compute& compute, const TransformerKind& kind, const SelfAttention& layer, const Matrix& x,
                      std::span<const int> lengths) {
  const int state = x.columns();
  run_sublayer(compute, kind.norm_first, layer.norm, x, [&](const Matrix& input) {
    const Matrix qkv(x.rows(), 3 * state);
    layer.query_key_value.apply(compute, input, qkv);
    std::vector<KeyValues> memories;
    std::vector<KeyValueWrite> writes;
    std::vector<AttentionSpan> spans;
    memories.reserve(lengths.size());
    int row = 0;
    for (const int count : lengths) {
      KeyValues& memory = memories.emplace_back(
          compute.kernels(), KeyValues::Shape{count, kind.heads, state / kind.heads}, kind.precision);
      writes.push_back({.to = &memory, .first_row = row, .rows = count});
      spans.push_back({.first_row = row, .rows = count, .memory = &memory, .keys = count});
      row += count;
    }
    write_keys_values(compute, qkv.some_columns(state, state), qkv.some_columns(2 * state, state), writes);
    const Matrix mixed(x.rows(), state);
    attend(compute, qkv.some_columns(0, state), spans, mixed);
    layer.out.apply(compute, mixed, x, {.residual = &x});
  });
}

std::size_t size_of(const SelfAttention& layer) { return layer.query_key_value.size_bytes() + layer.out.size_bytes(); }

std::size_t size_of(const FeedForward& layer) { return layer.in.size_bytes() + layer.out.size_bytes(); }

std::size_t element_size(KeyValuePrecision precision) {
  switch (precision) {
    case KeyValuePrecision::kFloat32: return sizeof(float);
    case KeyValuePrecision::kInt16: return sizeof(std::int16_t);
    case KeyValuePrecision::kInt8: return sizeof(std::int8_t);
  }
  return sizeof(float);
}

/// Calls `visit(input, first_row)`.
template <typename Visit>
void for_each_input(std::span<const TransformerDecoder::Input> inputs, const Visit& visit) {
  int row = 0;
  for (const TransformerDecoder::Input& input : inputs) {
    visit(input, row);
    row += input.rows;
  }
}

}  // namespace

void TransformerEncoder::run(Compute& compute, const Matrix& x, std::span<const int> lengths) const {
  for (const EncoderLayer& layer : layers_) {
    attend_to_itself(compute, kind_, layer.self, x, lengths);
    feed_forward(compute, kind_, layer.feed_forward, x);
  }
  if (norm_) norm_->apply(compute, x, x);
}

std::size_t TransformerEncoder::size_bytes() const {
  std::size_t bytes = 0;
  for (const EncoderLayer& layer : layers_) bytes += size_of(layer.self) + size_of(layer.feed_forward);
  return bytes;
}

std::vector<std::shared_ptr<const SourceKeyValues>> TransformerDecoder::remember(Compute& compute,
                                                                                 const Matrix& encoded,
                                                                                 std::span<const int> lengths) const {
  std::vector<std::vector<KeyValues>> memories(lengths.size());
  const Matrix key_value(encoded.rows(), 2 * state());
  for (const DecoderLayer& layer : layers_) {
    layer.cross.key_value.apply(compute, encoded, key_value);
    std::vector<KeyValueWrite> writes;
    int row = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      KeyValues& memory = memories[i].emplace_back(compute.kernels(), shape(lengths[i]), kind_.precision);
      writes.push_back({.to = &memory, .first_row = row, .rows = lengths[i]});
      row += lengths[i];
    }
    write_keys_values(compute, key_value.some_columns(0, state()), key_value.some_columns(state(), state()), writes);
  }
  std::vector<std::shared_ptr<const SourceKeyValues>> sources;
  for (auto& memory : memories) sources.push_back(std::make_shared<const SourceKeyValues>(std::move(memory)));
  return sources;
}

void TransformerDecoder::run(Compute& compute, const Matrix& x, std::span<const Input> inputs,
                             const Observer& observe) const {
  for (const Input& input : inputs) make_room(compute.kernels(), *input.sequence, input.rows);
  for (int index = 0; index < layers(); ++index) {
    attend_to_said(compute, index, inputs, x);
    attend_to_source(compute, index, inputs, x, observe);
    feed_forward(compute, kind_, layers_[static_cast<std::size_t>(index)].feed_forward, x);
  }
  for (const Input& input : inputs) input.sequence->length += input.rows;
  if (norm_) norm_->apply(compute, x, x);
}

/// For so many more positions: few at a time, since of the sequences in a batch most end long before the context does.
void TransformerDecoder::make_room(const Kernels& kernels, DecodedSequence& sequence, int positions) const {
  constexpr int kStep = 32;
  const int capacity = sequence.layers.empty() ? 0 : sequence.layers.front().shape().capacity;
  if (sequence.length + positions <= capacity) return;
  const int wanted = pieces(sequence.length + positions, kStep) * kStep;
  std::vector<KeyValues> larger;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    larger.emplace_back(kernels, shape(wanted));
    if (capacity > 0) larger.back().copy(sequence.layers[layer], sequence.length);
  }
  sequence.layers = std::move(larger);
}

void TransformerDecoder::attend_to_said(Compute& compute, int index, std::span<const Input> inputs,
                                        const Matrix& x) const {
  const SelfAttention& layer = layers_[static_cast<std::size_t>(index)].self;
  const int width = state();
  run_sublayer(compute, kind_.norm_first, layer.norm, x, [&](const Matrix& input) {
    const Matrix qkv(x.rows(), 3 * width);
    layer.query_key_value.apply(compute, input, qkv);
    std::vector<KeyValueWrite> writes;
    std::vector<AttentionSpan> spans;
    for_each_input(inputs, [&](const Input& one, int first_row) {
      KeyValues& memory = one.sequence->layers[static_cast<std::size_t>(index)];
      const int before = one.sequence->length;
      writes.push_back({.to = &memory, .first_position = before, .first_row = first_row, .rows = one.rows});
      spans.push_back(
          {.first_row = first_row, .rows = one.rows, .memory = &memory, .keys = before + one.rows, .causal = true});
    });
    write_keys_values(compute, qkv.some_columns(width, width), qkv.some_columns(2 * width, width), writes);
    const Matrix mixed(x.rows(), width);
    attend(compute, qkv.some_columns(0, width), spans, mixed);
    layer.out.apply(compute, mixed, x, {.residual = &x});
  });
}

void TransformerDecoder::attend_to_source(Compute& compute, int index, std::span<const Input> inputs, const Matrix& x,
                                          const Observer& observe) const {
  const CrossAttention& layer = layers_[static_cast<std::size_t>(index)].cross;
  run_sublayer(compute, kind_.norm_first, layer.norm, x, [&](const Matrix& input) {
    const Matrix queries(x.rows(), state());
    layer.query.apply(compute, input, queries);
    if (observe) observe(index, queries);
    std::vector<AttentionSpan> spans;
    for_each_input(inputs, [&](const Input& one, int first_row) {
      const SourceKeyValues& source = *one.sequence->source;
      const KeyValues* const memory = &source.layer(index);
      if (!spans.empty() && spans.back().memory == memory)
        spans.back().rows += one.rows;  // sequences over one input read it together
      else
        spans.push_back({.first_row = first_row, .rows = one.rows, .memory = memory, .keys = source.length()});
    });
    const Matrix mixed(x.rows(), state());
    attend(compute, queries, spans, mixed);
    layer.out.apply(compute, mixed, x, {.residual = &x});
  });
}

std::size_t TransformerDecoder::size_bytes() const {
  std::size_t bytes = 0;
  for (const DecoderLayer& layer : layers_) {
    bytes += size_of(layer.self) + layer.cross.query.size_bytes() + layer.cross.key_value.size_bytes() +
             layer.cross.out.size_bytes() + size_of(layer.feed_forward);
  }
  return bytes;
}

std::size_t TransformerDecoder::source_bytes(int length) const {
  return layers_.size() * 2 * static_cast<std::size_t>(length) * static_cast<std::size_t>(state()) *
         element_size(kind_.precision);
}

std::size_t TransformerDecoder::sequence_bytes(int positions) const {
  return layers_.size() * 2 * static_cast<std::size_t>(positions) * static_cast<std::size_t>(state()) * sizeof(float);
}

}  // namespace voxlate::nn
