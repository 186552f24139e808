#include "nn/linear.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

constexpr int kOutputs = 203;
constexpr int kInputs = 75;

RowSource rows_of(const Matrix& weights) {
  return [&weights](int begin, int end, std::span<float> rows) {
    std::copy(weights.row(begin), weights.row(begin) + std::ptrdiff_t{end - begin} * weights.columns(), rows.begin());
  };
}

/// Weights that f16 holds exactly.
Matrix half_weights() {
  Matrix weights = random_matrix(kOutputs, kInputs, 1);
  for (int i = 0; i < kOutputs; ++i) {
    for (int k = 0; k < kInputs; ++k) weights.row(i)[k] = std::round(weights.row(i)[k] * 256) / 256;
  }
  return weights;
}

double largest_difference(const Matrix& out, const Matrix& x, const Matrix& weights, const std::vector<float>& bias) {
  double largest = 0;
  for (int i = 0; i < x.rows(); ++i) {
    for (int j = 0; j < weights.rows(); ++j) {
      double sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(j)];
      for (int k = 0; k < x.columns(); ++k) sum += double{x.row(i)[k]} * weights.row(j)[k];
      largest = std::max(largest, std::abs(out.row(i)[j] - sum));
    }
  }
  return largest;
}

TEST(Linear, IsExactInFloat32) {
  Compute compute(2);
  const std::vector<float> bias = random_floats(kOutputs, 9);
  for (const Matrix& weights : {half_weights(), random_matrix(kOutputs, kInputs, 5)}) {
    const Linear linear(compute.kernels(), {kOutputs, kInputs}, rows_of(weights), bias, ComputeType::kFloat32);
    for (const int rows : {1, 5, 96, 250}) {
      const Matrix x = random_matrix(rows, kInputs, 3);
      const Matrix out(rows, kOutputs);
      linear.apply(compute, x, out);
      EXPECT_LT(largest_difference(out, x, weights, bias), 2e-5);
    }
    std::vector<float> row(kInputs);
    linear.copy_row(compute.kernels(), 77, row);
    EXPECT_EQ(row, std::vector<float>(weights.row(77), weights.row(77) + kInputs));
  }
}

TEST(Linear, InIntegersIsWithinTheRoundingOfItsWeights) {
  Compute compute(2);
  const Matrix weights = random_matrix(kOutputs, kInputs, 5);
  const std::vector<float> bias = random_floats(kOutputs, 9);
  const Linear linear(compute.kernels(), {kOutputs, kInputs}, rows_of(weights), bias, ComputeType::kInt8);
  const Matrix rounded(kOutputs, kInputs);
  for (int i = 0; i < kOutputs; ++i)
    linear.copy_row(compute.kernels(), i, {rounded.row(i), static_cast<std::size_t>(kInputs)});
  for (int i = 0; i < kOutputs; ++i) {
    const float scale = *std::max_element(weights.row(i), weights.row(i) + kInputs,
                                          [](float a, float b) { return std::abs(a) < std::abs(b); });
    for (int k = 0; k < kInputs; ++k)
      EXPECT_LE(std::abs(rounded.row(i)[k] - weights.row(i)[k]), 0.501F * std::abs(scale) / 127);
  }
  for (const int rows : {1, 5, 96, 250}) {
    const Matrix x = random_matrix(rows, kInputs, 3);
    const Matrix out(rows, kOutputs);
    linear.apply(compute, x, out);
    for (int i = 0; i < rows; ++i) {
      float largest = 0;
      for (int k = 0; k < kInputs; ++k) largest = std::max(largest, std::abs(x.row(i)[k]));
      for (int j = 0; j < kOutputs; ++j) {
        double sum = bias[static_cast<std::size_t>(j)];
        double sizes = 0;
        for (int k = 0; k < kInputs; ++k) {
          sum += double{x.row(i)[k]} * rounded.row(j)[k];
          sizes += std::abs(rounded.row(j)[k]);
        }
        EXPECT_NEAR(out.row(i)[j], sum, 0.501 * largest / 2047 * sizes) << "half a step in each input";
      }
    }
  }
}

TEST(Linear, HoldsAsHalvesWhatHalvesHoldExactly) {
  const Compute compute(1);
  const Matrix halves = half_weights();
  const Linear exact(compute.kernels(), {kOutputs, kInputs}, rows_of(halves), {}, ComputeType::kFloat32);
  halves.row(kOutputs - 1)[kInputs - 1] = 0.1F;
  const Linear inexact(compute.kernels(), {kOutputs, kInputs}, rows_of(halves), {}, ComputeType::kFloat32);
  const Linear rounded(compute.kernels(), {kOutputs, kInputs}, rows_of(halves), {}, ComputeType::kFloat16);
  EXPECT_EQ(inexact.size_bytes(), 2 * exact.size_bytes());
  EXPECT_EQ(rounded.size_bytes(), exact.size_bytes());
}

TEST(Linear, ARowIsTheSameInEveryCompany) {
  Compute compute(2);
  const Matrix weights = random_matrix(kOutputs, kInputs, 1);
  for (const ComputeType type : {ComputeType::kFloat32, ComputeType::kInt8}) {
    const Linear linear(compute.kernels(), {kOutputs, kInputs}, rows_of(weights), {}, type);
    const Matrix x = random_matrix(130, kInputs, 3);
    const Matrix together(130, kOutputs);
    linear.apply(compute, x, together, {.activation = Activation::kGelu});
    for (const int row : {0, 95, 96, 129}) {
      const Matrix alone(1, kOutputs);
      linear.apply(compute, x.some_rows(row, 1), alone, {.activation = Activation::kGelu});
      for (int j = 0; j < kOutputs; ++j) EXPECT_EQ(alone.row(0)[j], together.row(row)[j]);
    }
  }
}

TEST(Linear, AddsTheResidualInPlace) {
  Compute compute(2);
  const Matrix weights = half_weights();
  const Linear linear(compute.kernels(), {kOutputs, kInputs}, rows_of(weights), {}, ComputeType::kFloat32);
  const Matrix x = random_matrix(7, kInputs, 3);
  const Matrix plain(7, kOutputs);
  linear.apply(compute, x, plain);
  const Matrix out = random_matrix(7, kOutputs, 8);
  const Matrix before = random_matrix(7, kOutputs, 8);
  linear.apply(compute, x, out, {.residual = &out});
  for (int j = 0; j < kOutputs; ++j) EXPECT_EQ(out.row(6)[j], plain.row(6)[j] + before.row(6)[j]);
}

TEST(Linear, ConvolvesOverWindowsOfRows) {
  Compute compute(2);
  constexpr int kChannels = 25;
  const Matrix weights = random_matrix(kOutputs, 3 * kChannels, 1);
  const Linear linear(compute.kernels(), {kOutputs, 3 * kChannels}, rows_of(weights), {}, ComputeType::kFloat32);
  const Matrix signal = random_matrix(21, kChannels, 2);
  const Matrix windows = signal.windows(/*width=*/3, /*step=*/2);
  ASSERT_EQ(windows.rows(), 10);
  const Matrix out(10, kOutputs);
  linear.apply(compute, windows, out);
  double sum = 0;
  for (int k = 0; k < 3 * kChannels; ++k) sum += double{signal.row(2 * 4)[k]} * weights.row(17)[k];
  EXPECT_NEAR(out.row(4)[17], sum, 2e-5);
}

}  // namespace
}  // namespace voxlate::nn
