#include "nn/kernels.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double exactly(Activation activation, double x) {
  switch (activation) {
    case Activation::kNone: break;
    case Activation::kRelu: return std::max(x, 0.0);
    case Activation::kGelu: return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::kGeluTanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::kGeluSigmoid: return x * sigmoid(1.702 * x);
    case Activation::kSwish: return x * sigmoid(x);
  }
  return x;
}

class KernelsTest : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& kernels_ = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(Each, KernelsTest, ::testing::ValuesIn(available_kernels()),
                         [](const auto& suite) { return std::string(suite.param->name); });

struct Case {
  int rows;
  int inner;
  int columns;
  bool bias;
  Activation activation;
  bool residual;
};

TEST_P(KernelsTest, MultipliesAsThePlainLoopDoes) {
  const int panel = kernels_.panel;
  for (const Case& c :
       {Case{1, 1, 1, false, Activation::kNone, false}, Case{1, 384, panel, true, Activation::kRelu, false},
        Case{5, 64, panel - 1, true, Activation::kGelu, false}, Case{13, 100, 3, false, Activation::kSwish, true},
        Case{kernels_.tile_rows, 7, panel / 2, true, Activation::kNone, true},
        Case{3 * kernels_.tile_rows + 2, 33, panel, true, Activation::kGelu, true}}) {
    const Matrix a = random_matrix(c.rows, c.inner, 1);
    const Matrix b = random_matrix(c.inner, panel, 2);
    const Matrix residual = random_matrix(c.rows, panel, 3);
    const std::vector<float> bias = random_floats(static_cast<std::size_t>(panel), 4);
    const Matrix out = random_matrix(c.rows, panel + 1, 5);
    const Matrix before = random_matrix(c.rows, panel + 1, 5);
    kernels_.multiply({.a = a.row(0),
                       .a_stride = a.stride(),
                       .b = b.row(0),
                       .b_stride = b.stride(),
                       .inner = c.inner,
                       .to = {.c = out.row(0),
                              .c_stride = out.stride(),
                              .rows = c.rows,
                              .columns = c.columns,
                              .bias = c.bias ? bias.data() : nullptr,
                              .activation = c.activation,
                              .residual = c.residual ? residual.row(0) : nullptr,
                              .residual_stride = residual.stride()}});
    for (int i = 0; i < c.rows; ++i) {
      for (int j = 0; j < panel + 1; ++j) {
        if (j >= c.columns) {
          EXPECT_EQ(out.row(i)[j], before.row(i)[j]) << "written behind the columns";
          continue;
        }
        double sum = 0;
        for (int k = 0; k < c.inner; ++k) sum += double{a.row(i)[k]} * b.row(k)[j];
        if (c.bias) sum += bias[static_cast<std::size_t>(j)];
        sum = exactly(c.activation, sum);
        if (c.residual) sum += residual.row(i)[j];
        EXPECT_NEAR(out.row(i)[j], sum, 1e-5 * std::sqrt(c.inner) + 1e-6) << c.rows << " " << c.inner;
      }
    }
  }
}

TEST_P(KernelsTest, ARowDoesNotDependOnTheOthers) {
  const Matrix a = random_matrix(29, 200, 1);
  const Matrix b = random_matrix(200, kernels_.panel, 2);
  const Matrix together(29, kernels_.panel);
  const Matrix alone(1, kernels_.panel);
  Multiplication job{.a = a.row(0),
                     .a_stride = a.stride(),
                     .b = b.row(0),
                     .b_stride = b.stride(),
                     .inner = 200,
                     .to = {.c = together.row(0),
                            .c_stride = together.stride(),
                            .rows = 29,
                            .columns = kernels_.panel,
                            .activation = Activation::kGelu}};
  kernels_.multiply(job);
  job.to.rows = 1;
  job.to.c = alone.row(0);
  for (int row = 0; row < 29; ++row) {
    job.a = a.row(row);
    kernels_.multiply(job);
    for (int j = 0; j < kernels_.panel; ++j) EXPECT_EQ(alone.row(0)[j], together.row(row)[j]);
  }
}

/// Numbers of the size of weights or, in 16 bits, of activations, against the plain loop.
template <typename Integer>
void check_integers(const Kernels& kernels, void (*multiply)(const IntegerMultiplication<Integer>&), int largest) {
  const int panel = kernels.panel;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> activation(-2047, 2047);
  std::uniform_int_distribution<int> weight(-largest, largest);
  for (const int inner : {2, 66, 384}) {
    for (const int rows : {1, kernels.tile_rows - 1, kernels.tile_rows, 2 * kernels.tile_rows + 1}) {
      const auto size = static_cast<std::size_t>(inner);
      std::vector<std::int16_t> a(static_cast<std::size_t>(rows) * size);
      std::vector<Integer> b(size * static_cast<std::size_t>(panel));
      for (std::int16_t& value : a) value = static_cast<std::int16_t>(activation(random));
      for (Integer& value : b) value = static_cast<Integer>(weight(random));
      a.front() = 2047;
      b.front() = static_cast<Integer>(-largest);
      const std::vector<float> a_scales = random_floats(static_cast<std::size_t>(rows), 1);
      const std::vector<float> b_scales = random_floats(static_cast<std::size_t>(panel), 2);
      const Matrix out(rows, panel);
      multiply({.a = a.data(),
                .a_stride = inner,
                .a_scales = a_scales.data(),
                .b = b.data(),
                .b_scales = b_scales.data(),
                .inner = inner,
                .to = {.c = out.row(0), .c_stride = panel, .rows = rows, .columns = panel}});
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < panel; ++j) {
          std::int32_t sum = 0;
          for (std::size_t k = 0; k < size; ++k) {
            sum += std::int32_t{a[static_cast<std::size_t>(i) * size + k]} *
                   b[place_in_pairs(k, static_cast<std::size_t>(j), static_cast<std::size_t>(panel))];
          }
          const float scale = a_scales[static_cast<std::size_t>(i)] * b_scales[static_cast<std::size_t>(j)];
          EXPECT_FLOAT_EQ(out.row(i)[j], static_cast<float>(sum) * scale);
        }
      }
    }
  }
}

TEST_P(KernelsTest, MultipliesIntegersExactly) {
  check_integers<std::int8_t>(kernels_, kernels_.multiply_bytes, 127);
  check_integers<std::int16_t>(kernels_, kernels_.multiply_shorts, 2047);
}

TEST_P(KernelsTest, QuantisesToTheNearestStep) {
  for (const int length : {1, 15, 384}) {
    const std::vector<float> x = random_floats(static_cast<std::size_t>(length), 1, 3);
    std::vector<std::int16_t> steps(x.size());
    const float scale = quantise(kernels_, x.data(), 127, steps.data(), length);
    int largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_LE(std::abs(static_cast<float>(steps[i]) * scale - x[i]), 0.501F * scale);
      largest = std::max(largest, std::abs(int{steps[i]}));
    }
    EXPECT_EQ(largest, 127);
  }
  const std::vector<float> zeros(9);
  std::vector<std::int16_t> steps(9, 1);
  EXPECT_EQ(quantise(kernels_, zeros.data(), 127, steps.data(), 9), 0);
  EXPECT_EQ(steps, std::vector<std::int16_t>(9));
}

TEST_P(KernelsTest, ActivationsAreTheExactOnes) {
  const int panel = kernels_.panel;
  const std::vector<float> one(static_cast<std::size_t>(panel), 1);
  float result = 0;
  for (const Activation activation : {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kGeluTanh,
                                      Activation::kGeluSigmoid, Activation::kSwish}) {
    for (int step = -12'000; step <= 12'000; ++step) {
      const float x = 0.01F * static_cast<float>(step);
      kernels_.multiply({.a = &x,
                         .a_stride = 1,
                         .b = one.data(),
                         .inner = 1,
                         .to = {.c = &result, .rows = 1, .columns = 1, .activation = activation}});
      ASSERT_NEAR(result, exactly(activation, x), 2e-7 * (1 + std::abs(x)))
          << x << ", activation " << static_cast<int>(activation);
    }
  }
}

TEST_P(KernelsTest, NormalisesRows) {
  for (const int length : {1, 8, 19, 384, 1280}) {
    std::vector<float> x = random_floats(static_cast<std::size_t>(length), 1, 3);
    for (float& value : x) value += 100;
    const std::vector<float> scale = random_floats(x.size(), 2);
    const std::vector<float> shift = random_floats(x.size(), 3);
    std::vector<float> out(x.size());
    kernels_.layer_norm(x.data(), scale.data(), shift.data(), out.data(), length);
    double mean = 0;
    for (const float value : x) mean += value;
    mean /= length;
    double variance = 0;
    for (const float value : x) variance += (value - mean) * (value - mean);
    variance /= length;
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(out[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * scale[i] + shift[i], 1e-4);
    }
  }
}

TEST_P(KernelsTest, ExponentialsAndTheLogarithmOfTheirSum) {
  for (const int length : {1, 2, 7, 8, 100, 1500}) {
    std::vector<float> x = random_floats(static_cast<std::size_t>(length), 7, 5);
    for (float& value : x) value += 300;
    if (length > 2) x[1] = -kInfinity;
    double sum = 0;
    for (const float value : x) sum += std::exp(double{value} - 300);
    EXPECT_NEAR(kernels_.log_sum_exp(x.data(), length), 300 + std::log(sum), 1e-4);
    std::vector<float> out = x;
    const double largest = *std::max_element(x.begin(), x.end());
    EXPECT_NEAR(kernels_.exponentials(out.data(), length) / (sum * std::exp(300 - largest)), 1, 3e-6);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = std::exp(x[i] - largest);
      EXPECT_NEAR(out[i], expected, 3e-6 * expected + 1e-12) << i;
    }
  }
  const std::vector<float> nothing(9, -kInfinity);
  EXPECT_EQ(kernels_.log_sum_exp(nothing.data(), 9), -kInfinity);
  EXPECT_EQ(kernels_.log_sum_exp(nothing.data(), 0), -kInfinity);
}

TEST_P(KernelsTest, EveryHalfComesBackAsItWas) {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); ++i) halves[i] = static_cast<std::uint16_t>(i);
  std::vector<float> floats(halves.size());
  kernels_.half_to_float(halves.data(), floats.data(), 65536);
  std::vector<std::uint16_t> back(halves.size());
  for (std::size_t i = 0; i < halves.size(); ++i) {
    const bool is_nan = (i & 0x7FFFU) > 0x7C00U;
    EXPECT_EQ(kernels_.float_to_half(&floats[i], &back[i], 1), !is_nan) << i;
    if (is_nan) {
      EXPECT_TRUE(std::isnan(floats[i]));
    } else {
      EXPECT_EQ(back[i], halves[i]);
      EXPECT_EQ(std::signbit(floats[i]), (i & 0x8000U) != 0);
    }
  }
  EXPECT_EQ(floats[0x3C00], 1.0F);
  EXPECT_EQ(floats[0x7BFF], 65504.0F);
  EXPECT_EQ(floats[0x0001], std::ldexp(1.0F, -24));
}

TEST_P(KernelsTest, RoundsToTheNearestHalf) {
  struct Rounding {
    float value;
    float expected;
  };
  for (const auto& [value, expected] : {Rounding{1.0F + 1.0F / 2048, 1.0F}, Rounding{1.0F + 3.0F / 2048, 1.00195312F},
                                        Rounding{65519, 65504}, Rounding{65520, kInfinity}, Rounding{1e-9F, 0},
                                        Rounding{-0.1F, -0.0999755859F}, Rounding{3e-8F, std::ldexp(1.0F, -24)}}) {
    std::uint16_t half = 0;
    EXPECT_FALSE(kernels_.float_to_half(&value, &half, 1));
    float back = 0;
    kernels_.half_to_float(&half, &back, 1);
    EXPECT_EQ(back, expected) << value;
  }
}

}  // namespace
}  // namespace voxlate::nn
