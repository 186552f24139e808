// What the stacks owe their users beside the formulas, to which tests of whole networks hold them.

#include "nn/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "nn/token_decoder.h"
#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

constexpr int kState = 20;
constexpr int kHeads = 2;
constexpr int kVocabulary = 11;

Linear random_linear(const Compute& compute, int outputs, int inputs, unsigned seed) {
  const std::vector<float> weights =
      random_floats(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(inputs), seed, 0.25F);
  const RowSource rows = [&](int begin, int end, std::span<float> out) {
    std::copy_n(weights.begin() + static_cast<std::ptrdiff_t>(begin) * inputs, (end - begin) * inputs, out.begin());
  };
  return {compute.kernels(),
          {outputs, inputs},
          rows,
          random_floats(static_cast<std::size_t>(outputs), seed + 1),
          ComputeType::kFloat32};
}

LayerNorm random_norm(unsigned seed) { return {random_floats(kState, seed), random_floats(kState, seed + 1)}; }

SelfAttention self_attention(const Compute& compute, unsigned seed) {
  return {.norm = random_norm(seed),
          .query_key_value = random_linear(compute, 3 * kState, kState, seed + 2),
          .out = random_linear(compute, kState, kState, seed + 4)};
}

FeedForward feed_forward(const Compute& compute, unsigned seed) {
  return {.norm = random_norm(seed),
          .in = random_linear(compute, 33, kState, seed + 2),
          .out = random_linear(compute, kState, 33, seed + 4)};
}

class Stacks : public testing::TestWithParam<bool> {
 protected:
  TransformerKind kind() const { return {.heads = kHeads, .norm_first = GetParam(), .activation = Activation::kGelu}; }

  TransformerEncoder encoder(KeyValuePrecision precision = KeyValuePrecision::kFloat32) const {
    TransformerKind kind = this->kind();
    kind.precision = precision;
    std::vector<EncoderLayer> layers;
    for (const unsigned seed : {10U, 30U})
      layers.push_back({.self = self_attention(compute_, seed), .feed_forward = feed_forward(compute_, seed + 10)});
    return {kind, std::move(layers), random_norm(5)};
  }

  TransformerDecoder stack() const {
    std::vector<DecoderLayer> layers;
    for (const unsigned seed : {100U, 200U}) {
      layers.push_back({.self = self_attention(compute_, seed),
                        .cross = {.norm = random_norm(seed + 10),
                                  .query = random_linear(compute_, kState, kState, seed + 12),
                                  .key_value = random_linear(compute_, 2 * kState, kState, seed + 14),
                                  .out = random_linear(compute_, kState, kState, seed + 16)},
                        .feed_forward = feed_forward(compute_, seed + 20)});
    }
    return {kind(), std::move(layers), random_norm(6)};
  }

  mutable Compute compute_{2};
};

/// A copy, as the stacks overwrite what they are given.
Matrix copy_of(const Matrix& from) {
  Matrix to(from.rows(), from.columns());
  for (int row = 0; row < from.rows(); ++row) std::copy_n(from.row(row), from.columns(), to.row(row));
  return to;
}

void expect_rows(const Matrix& got, const Matrix& expected) {
  ASSERT_EQ(got.rows(), expected.rows());
  for (int row = 0; row < got.rows(); ++row) {
    for (int c = 0; c < got.columns(); ++c) ASSERT_EQ(got.row(row)[c], expected.row(row)[c]) << row << ", " << c;
  }
}

TEST_P(Stacks, EncodeEachInputAsIfAlone) {
  const std::vector<int> lengths = {3, 1, 40, 25};
  for (const KeyValuePrecision precision : {KeyValuePrecision::kFloat32, KeyValuePrecision::kInt16}) {
    const TransformerEncoder stack = encoder(precision);
    const Matrix given = random_matrix(69, kState, 7);
    const Matrix together = copy_of(given);
    stack.run(compute_, together, lengths);
    int first = 0;
    for (const int length : lengths) {
      const Matrix alone = copy_of(given.some_rows(first, length));
      stack.run(compute_, alone, {{length}});
      expect_rows(together.some_rows(first, length), alone);
      first += length;
    }
  }
}

/// Positions given at once, one by one and in pieces; sequences over one source apart or side by side.
TEST_P(Stacks, DecodeTheSameInPiecesOfAnySize) {
  constexpr int kPositions = 70;
  const TransformerDecoder decoder = stack();
  const Matrix sources = random_matrix(12, kState, 8);
  const auto memories = decoder.remember(compute_, sources, std::vector<int>{5, 7});
  ASSERT_EQ(memories[0]->length(), 5);
  const Matrix given = random_matrix(kPositions, kState, 9);
  std::vector<Matrix> at_once;
  for (const auto& memory : memories) {
    DecodedSequence sequence{.source = memory, .layers = {}};
    at_once.push_back(copy_of(given));
    const TransformerDecoder::Input input{.sequence = &sequence, .rows = kPositions};
    decoder.run(compute_, at_once.back(), {&input, 1}, nullptr);
    EXPECT_EQ(sequence.length, kPositions);
  }
  // Two over the first source with one over the second between or behind them; pieces of 1, 2, 3 … positions.
  for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 1, 0}, {0, 0, 1}}) {
    std::vector<DecodedSequence> sequences;
    for (const std::size_t which : order) sequences.push_back({.source = memories[which], .layers = {}});
    std::vector<int> next(order.size());
    for (int round = 0; *std::min_element(next.begin(), next.end()) < kPositions; ++round) {
      std::vector<TransformerDecoder::Input> inputs;
      std::vector<std::size_t> who;
      int total = 0;
      for (std::size_t i = 0; i < order.size(); ++i) {
        const int rows = std::min(1 + (round + static_cast<int>(i) * 2) % 5, kPositions - next[i]);
        if (rows == 0) continue;
        inputs.push_back({.sequence = &sequences[i], .rows = rows});
        who.push_back(i);
        total += rows;
      }
      const Matrix x(total, kState);
      int row = 0;
      for (std::size_t i = 0; i < who.size(); ++i) {
        for (int k = 0; k < inputs[i].rows; ++k) std::copy_n(given.row(next[who[i]] + k), kState, x.row(row++));
      }
      decoder.run(compute_, x, inputs, nullptr);
      row = 0;
      for (std::size_t i = 0; i < who.size(); ++i) {
        expect_rows(x.some_rows(row, inputs[i].rows), at_once[order[who[i]]].some_rows(next[who[i]], inputs[i].rows));
        row += inputs[i].rows;
        next[who[i]] += inputs[i].rows;
      }
    }
  }
}

TEST_P(Stacks, TakeTheMemoryTheySay) {
  const TransformerDecoder decoder = stack();
  const auto memory = decoder.remember(compute_, random_matrix(64, kState, 8), std::vector<int>{64})[0];
  std::size_t held = 0;
  for (int layer = 0; layer < decoder.layers(); ++layer) held += memory->layer(layer).size_bytes();
  EXPECT_EQ(held, decoder.source_bytes(64));
  DecodedSequence sequence{.source = memory, .layers = {}};
  const TransformerDecoder::Input input{.sequence = &sequence, .rows = 64};
  decoder.run(compute_, random_matrix(64, kState, 9), {&input, 1}, nullptr);
  held = 0;
  for (const KeyValues& layer : sequence.layers) held += layer.size_bytes();
  EXPECT_EQ(held, decoder.sequence_bytes(64));
}

INSTANTIATE_TEST_SUITE_P(Orders, Stacks, testing::Bool(),
                         [](const auto& suite) { return std::string(suite.param ? "NormFirst" : "NormLast"); });

TEST(TokenEmbedding, IsTheScaledRowAndThePosition) {
  const Compute compute(1);
  const auto table = std::make_shared<const Linear>(random_linear(compute, kVocabulary, kState, 1));
  TokenEmbedding embedding{.table = table, .scale = 3, .positions = random_matrix(9, kState, 2)};
  const std::vector<int> tokens = {4, 4, 10};
  const Matrix x(5, kState);
  std::vector<float> row(kState);
  for (const bool from_zero : {false, true}) {
    embedding.starts_from_zero = from_zero;
    for (const int first : {0, 6}) {
      embedding.write(compute.kernels(), tokens, first, x, /*first_row=*/2);
      for (int i = 0; i < 3; ++i) {
        table->copy_row(compute.kernels(), tokens[static_cast<std::size_t>(i)], row);
        for (int c = 0; c < kState; ++c) {
          const float own = from_zero && first + i == 0 ? 0 : row[static_cast<std::size_t>(c)] * 3;
          EXPECT_FLOAT_EQ(x.row(2 + i)[c], own + embedding.positions.row(first + i)[c]);
        }
      }
    }
  }
  EXPECT_EQ(embedding.context(), 9);
  EXPECT_EQ(embedding.vocabulary(), kVocabulary);
}

}  // namespace
}  // namespace voxlate::nn
