#include "nn/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

constexpr int kHeads = 3;
constexpr int kWidth = 24;  // no multiple of a panel
constexpr int kCapacity = 130;

struct Memory {
  Memory(Compute& compute, int count, unsigned seed)
      : keys(random_matrix(count, kHeads * kWidth, seed)),
        values(random_matrix(count, kHeads * kWidth, seed + 1)),
        memory(compute.kernels(), {.capacity = kCapacity, .heads = kHeads, .head_width = kWidth}) {
    write_keys_values(compute, keys, values, {{{&memory, 0, 0, count}}});
  }
  Matrix keys;
  Matrix values;
  KeyValues memory;
};

std::vector<double> plain_row(const float* q, const Memory& memory, int seen) {
  std::vector<double> out(kHeads * kWidth);
  for (int head = 0; head < kHeads; ++head) {
    std::vector<double> weights(static_cast<std::size_t>(seen));
    double sum = 0;
    for (int t = 0; t < seen; ++t) {
      double score = 0;
      for (int c = 0; c < kWidth; ++c) score += double{q[head * kWidth + c]} * memory.keys.row(t)[head * kWidth + c];
      sum += weights[static_cast<std::size_t>(t)] = std::exp(score);
    }
    for (int t = 0; t < seen; ++t) {
      for (int c = 0; c < kWidth; ++c) {
        out[static_cast<std::size_t>(head) * kWidth + static_cast<std::size_t>(c)] +=
            weights[static_cast<std::size_t>(t)] / sum * memory.values.row(t)[head * kWidth + c];
      }
    }
  }
  return out;
}

Matrix small_queries(int rows, unsigned seed) {
  Matrix q = random_matrix(rows, kHeads * kWidth, seed);
  for (int i = 0; i < rows; ++i) {
    for (int c = 0; c < q.columns(); ++c) q.row(i)[c] *= 0.3F;
  }
  return q;
}

TEST(Attention, IsThePlainFormula) {
  Compute compute(2);
  const Memory memory(compute, 117, 1);
  const Matrix q = small_queries(60, 5);
  const Matrix out(60, kHeads * kWidth);
  attend(compute, q, {{{.rows = 60, .memory = &memory.memory, .keys = 117}}}, out);
  for (int row = 0; row < 60; ++row) {
    const std::vector<double> expected = plain_row(q.row(row), memory, 117);
    for (int c = 0; c < out.columns(); ++c) EXPECT_NEAR(out.row(row)[c], expected[static_cast<std::size_t>(c)], 1e-5);
  }
}

TEST(Attention, OfRoundedKeysAndValuesIsWithinTheirRounding) {
  Compute compute(2);
  const Matrix keys = random_matrix(kCapacity, kHeads * kWidth, 1);
  const Matrix values = random_matrix(kCapacity, kHeads * kWidth, 2);
  const Matrix q = small_queries(60, 5);
  const auto result = [&](KeyValuePrecision precision) {
    KeyValues memory(compute.kernels(), {.capacity = kCapacity, .heads = kHeads, .head_width = kWidth}, precision);
    write_keys_values(compute, keys, values, {{{&memory, 0, 0, kCapacity}}});
    Matrix out(60, kHeads * kWidth);
    attend(compute, q, {{{.rows = 60, .memory = &memory, .keys = kCapacity}}}, out);
    const Matrix alone(1, kHeads * kWidth);
    attend(compute, q.some_rows(59, 1), {{{.rows = 1, .memory = &memory, .keys = kCapacity}}}, alone);
    for (int c = 0; c < out.columns(); ++c) EXPECT_EQ(alone.row(0)[c], out.row(59)[c]);
    return out;
  };
  const Matrix exact = result(KeyValuePrecision::kFloat32);
  for (const auto& [precision, most] :
       {std::pair{KeyValuePrecision::kInt16, 3e-3}, std::pair{KeyValuePrecision::kInt8, 4e-2}}) {
    const Matrix out = result(precision);
    double largest = 0;
    for (int row = 0; row < 60; ++row) {
      for (int c = 0; c < out.columns(); ++c)
        largest = std::max(largest, std::abs(double{out.row(row)[c]} - exact.row(row)[c]));
    }
    EXPECT_LT(largest, most);
    EXPECT_GT(largest, most / 100) << "they are rounded";
  }
}

TEST(Attention, CausalRowsSeeNothingLater) {
  Compute compute(2);
  const Memory memory(compute, 50, 1);
  const Matrix q = small_queries(40, 5);
  const Matrix out(40, kHeads * kWidth);
  attend(compute, q, {{{.rows = 40, .memory = &memory.memory, .keys = 50, .causal = true}}}, out);
  for (const int row : {0, 1, 23, 24, 39}) {
    const std::vector<double> expected = plain_row(q.row(row), memory, 11 + row);
    for (int c = 0; c < out.columns(); ++c) EXPECT_NEAR(out.row(row)[c], expected[static_cast<std::size_t>(c)], 1e-5);
  }
}

TEST(Attention, SpansAreApartAndTheirCompanyDoesNotMatter) {
  Compute compute(2);
  const Memory first(compute, 31, 1);
  const Memory second(compute, 90, 3);
  const Matrix q = small_queries(4, 5);
  const Matrix together(4, kHeads * kWidth);
  const std::vector<AttentionSpan> spans{{.first_row = 0, .rows = 1, .memory = &first.memory, .keys = 31},
                                         {.first_row = 1, .rows = 3, .memory = &second.memory, .keys = 90}};
  attend(compute, q, spans, together);
  for (int row = 0; row < 4; ++row) {
    const Matrix alone(4, kHeads * kWidth);
    const Memory& memory = row == 0 ? first : second;
    attend(compute, q, {{{.first_row = row, .rows = 1, .memory = &memory.memory, .keys = row == 0 ? 31 : 90}}}, alone);
    for (int c = 0; c < together.columns(); ++c) EXPECT_EQ(together.row(row)[c], alone.row(row)[c]);
  }
}

TEST(KeyValues, PositionsWrittenOneByOneAndCopiedAreTheSame) {
  Compute compute(2);
  const Memory whole(compute, 45, 1);
  KeyValues grown(compute.kernels(), whole.memory.shape());
  for (int position = 0; position < 45; ++position) {
    write_keys_values(compute, whole.keys, whole.values, {{{&grown, position, position, 1}}});
  }
  KeyValues copied(compute.kernels(), whole.memory.shape());
  copied.copy(grown, 45);
  const Matrix q = small_queries(2, 5);
  const Matrix expected(2, kHeads * kWidth);
  const Matrix out(2, kHeads * kWidth);
  attend(compute, q, {{{.rows = 2, .memory = &whole.memory, .keys = 45}}}, expected);
  attend(compute, q, {{{.rows = 2, .memory = &copied, .keys = 45}}}, out);
  for (int row = 0; row < 2; ++row) {
    for (int c = 0; c < out.columns(); ++c) EXPECT_EQ(out.row(row)[c], expected.row(row)[c]);
  }
}

TEST(Attention, ScoresAreTheProductsBeforeTheSoftmax) {
  Compute compute(1);
  const Memory memory(compute, 37, 1);
  const Matrix q = small_queries(2, 5);
  const Matrix scores(2, 37);
  attention_scores(compute.kernels(), q, {.rows = 2, .memory = &memory.memory, .keys = 37}, /*head=*/1, scores);
  double expected = 0;
  for (int c = 0; c < kWidth; ++c) expected += double{q.row(1)[kWidth + c]} * memory.keys.row(36)[kWidth + c];
  EXPECT_NEAR(scores.row(1)[36], expected, 1e-5);
}

}  // namespace
}  // namespace voxlate::nn
