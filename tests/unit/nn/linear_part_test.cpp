#include "nn/linear_part.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

constexpr int kInputs = 37;

LinearPart part_of(const Matrix& weights, std::vector<float> bias, float scale) {
  const RowSource rows = [weights](int begin, int end, std::span<float> out) {
    for (int row = begin; row < end; ++row)
      std::copy_n(weights.row(row), kInputs, out.data() + static_cast<std::ptrdiff_t>(row - begin) * kInputs);
  };
  return {.shape = {weights.rows(), kInputs}, .rows = rows, .bias = std::move(bias), .scale = scale};
}

class JoinedParts : public testing::TestWithParam<ComputeType> {};

/// Parts of all sizes beside a panel's, so that panels begin and end inside of them.
TEST_P(JoinedParts, GiveWhatEachGivesAlone) {
  Compute compute(2);
  std::vector<LinearPart> parts;
  int outputs = 0;
  for (const int rows : {1, 16, 31, 3, 2, 40}) {
    const auto seed = static_cast<unsigned>(parts.size());
    std::vector<float> bias;
    if (seed % 2 == 1) bias = random_floats(static_cast<std::size_t>(rows), 50 + seed);
    parts.push_back(part_of(random_matrix(rows, kInputs, seed), bias, seed == 2 ? 0.25F : 1));
    outputs += rows;
  }
  const Linear joined = join(compute.kernels(), parts, GetParam());
  ASSERT_EQ(joined.outputs(), outputs);
  ASSERT_EQ(joined.inputs(), kInputs);
  const Matrix x = random_matrix(5, kInputs, 99);
  const Matrix all(5, outputs);
  joined.apply(compute, x, all);
  int first = 0;
  for (const LinearPart& part : parts) {
    const Linear alone = join(compute.kernels(), {&part, 1}, GetParam());
    const Matrix some(5, part.shape.outputs);
    alone.apply(compute, x, some);
    for (int row = 0; row < 5; ++row) {
      for (int column = 0; column < part.shape.outputs; ++column)
        EXPECT_EQ(some.row(row)[column], all.row(row)[first + column]) << first << " + " << column;
    }
    first += part.shape.outputs;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, JoinedParts,
                         testing::Values(ComputeType::kFloat32, ComputeType::kFloat16, ComputeType::kInt8),
                         [](const auto& suite) { return std::string(to_string(suite.param)); });

TEST(LinearPart, ScaleIsOfWeightsAndBias) {
  Compute compute(1);
  const Matrix weights = random_matrix(20, kInputs, 1);
  const std::vector<float> bias = random_floats(20, 2);
  const LinearPart plain = part_of(weights, bias, 1);
  const LinearPart scaled = part_of(weights, bias, -0.5F);
  const Matrix x = random_matrix(1, kInputs, 3);
  const Matrix one(1, 20);
  const Matrix half(1, 20);
  join(compute.kernels(), {&plain, 1}, ComputeType::kFloat32).apply(compute, x, one);
  join(compute.kernels(), {&scaled, 1}, ComputeType::kFloat32).apply(compute, x, half);
  for (int column = 0; column < 20; ++column) {
    double sum = double{bias[static_cast<std::size_t>(column)]};
    for (int k = 0; k < kInputs; ++k) sum += double{weights.row(column)[k]} * x.row(0)[k];
    EXPECT_NEAR(one.row(0)[column], sum, 1e-4);
    EXPECT_EQ(half.row(0)[column], -0.5F * one.row(0)[column]) << "a power of two changes no digit";
  }
}

}  // namespace
}  // namespace voxlate::nn
