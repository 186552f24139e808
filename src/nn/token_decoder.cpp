#include "nn/token_decoder.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace voxlate::nn {

void TokenEmbedding::write(const Kernels& kernels, std::span<const int> tokens, int first_position, const Matrix& x,
                           int first_row) const {
  assert(first_position + static_cast<int>(tokens.size()) <= context());
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const int position = first_position + static_cast<int>(i);
    const std::span<float> row(x.row(first_row + static_cast<int>(i)), static_cast<std::size_t>(state()));
    const float* const shift = positions.row(position);
    if (starts_from_zero && position == 0) {
      std::copy_n(shift, row.size(), row.begin());
      continue;
    }
    table->copy_row(kernels, tokens[i], row);
    for (std::size_t c = 0; c < row.size(); ++c) row[c] = row[c] * scale + shift[c];
  }
}

void TokenEmbedding::finish(Compute& compute, const Matrix& x) const {
  if (norm) norm->apply(compute, x, x);
}

Matrix TokenDecoder::run(Compute& compute, std::span<const Input> inputs,
                         const TransformerDecoder::Observer& observe) const {
  int total = 0;
  std::vector<TransformerDecoder::Input> rows;
  rows.reserve(inputs.size());
  for (const Input& input : inputs) {
    rows.push_back({.sequence = input.sequence, .rows = static_cast<int>(input.tokens.size())});
    total += rows.back().rows;
  }
  Matrix x(total, embedding_.state());
  int row = 0;
  for (const Input& input : inputs) {
    embedding_.write(compute.kernels(), input.tokens, input.sequence->length, x, row);
    row += static_cast<int>(input.tokens.size());
  }
  embedding_.finish(compute, x);
  stack_.run(compute, x, rows, observe);
  return x;
}

TokenDecoder::Observation TokenDecoder::observe(Compute& compute, std::shared_ptr<const SourceKeyValues> source,
                                                std::span<const int> tokens, std::span<const AttentionHead> heads,
                                                int keys) const {
  const auto count = static_cast<int>(tokens.size());
  DecodedSequence sequence{.source = std::move(source), .layers = {}, .length = 0};
  const Matrix scores(static_cast<int>(heads.size()) * count, keys);
  const Input input{.sequence = &sequence, .tokens = tokens};
  Matrix hidden = run(compute, {&input, 1}, [&](int layer, const Matrix& queries) {
    for (std::size_t i = 0; i < heads.size(); ++i) {
      if (heads[i].layer != layer) continue;
      const AttentionSpan span{.rows = count, .memory = &sequence.source->layer(layer), .keys = keys};
      attention_scores(compute.kernels(), queries, span, heads[i].head,
                       scores.some_rows(static_cast<int>(i) * count, count));
    }
  });
  return {.scores = scores, .hidden = std::move(hidden)};
}

int TokenDecoderSession::open(std::shared_ptr<const EncodedSource> source) {
  return add({.source = std::static_pointer_cast<const SourceKeyValues>(std::move(source)), .layers = {}, .length = 0});
}

int TokenDecoderSession::fork(int sequence) {
  const DecodedSequence& from = sequences_.at(sequence);
  DecodedSequence copy{.source = from.source, .layers = {}, .length = from.length};
  copy.layers.reserve(from.layers.size());
  for (const KeyValues& layer : from.layers) {
    copy.layers.emplace_back(compute_.kernels(), layer.shape());
    copy.layers.back().copy(layer, from.length);
  }
  return add(std::move(copy));
}

std::span<float> TokenDecoderSession::step(std::span<const Input> inputs) {
  std::vector<TokenDecoder::Input> rows;
  rows.reserve(inputs.size());
  for (const Input& input : inputs) {
    rows.push_back({.sequence = &sequences_.at(input.sequence), .tokens = input.tokens});
  }
  const Matrix hidden = decoder_.run(compute_, rows, nullptr);
  const auto count = static_cast<int>(inputs.size());
  const Matrix last(count, hidden.columns());
  int row = -1;
  for (int i = 0; i < count; ++i) {
    row += static_cast<int>(inputs[static_cast<std::size_t>(i)].tokens.size());
    std::copy_n(hidden.row(row), hidden.columns(), last.row(i));
  }
  if (logits_.rows() < count) logits_ = Matrix(count, decoder_.vocabulary());
  decoder_.logits(compute_, last, logits_.some_rows(0, count));
  return {logits_.row(0), static_cast<std::size_t>(count) * static_cast<std::size_t>(logits_.columns())};
}

int TokenDecoderSession::add(DecodedSequence sequence) {
  sequences_.emplace(next_, std::move(sequence));
  return next_++;
}

}  // namespace voxlate::nn
