#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace voxlate::nn {

/// What a layer does to its sums.
enum class Activation {
  kNone,
  kRelu,
  kGelu,         ///< x/2 (1 + erf(x / sqrt 2))
  kGeluTanh,     ///< x/2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  kGeluSigmoid,  ///< x sigmoid(1.702 x)
  kSwish,        ///< x sigmoid(x)
};

/// Where a product goes: c[i][j] = f(product[i][j]), for i < rows and j < columns. f adds `bias[j]`, then applies the
/// activation, then adds `residual[i * residual_stride + j]`, each only when wanted. `residual` may be `c`.
struct Destination {
  float* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int rows = 0;
  int columns = 0;  ///< at most `Kernels::panel`

  const float* bias = nullptr;
  Activation activation = Activation::kNone;
  const float* residual = nullptr;
  std::ptrdiff_t residual_stride = 0;
};

/// product[i][j] = sum over k < inner of a[i * a_stride + k] * b[k * b_stride + j]. The sum runs over k in ascending
/// order in one accumulator, so that an element does not depend on how many rows or columns are computed beside it.
struct Multiplication {
  const float* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const float* b = nullptr;  ///< `Kernels::panel` floats of each row are read, however many columns are wanted
  std::ptrdiff_t b_stride = 0;
  int inner = 0;
  Destination to;
};

/// Where number `k` of a column lies among the pairs [inner / 2, `panel`, 2] of a panel.
constexpr std::size_t place_in_pairs(std::size_t k, std::size_t column, std::size_t panel) {
  const std::size_t pair = k / 2;
  return (pair * panel + column) * 2 + k % 2;
}

/// product[i][j] = a_scales[i] * b_scales[j] * sum over k < inner of a[i * a_stride + k] * b[k / 2][j][k % 2]. The sum
/// has to fit into 32 bits; it is exact.
template <typename Integer>
struct IntegerMultiplication {
  const std::int16_t* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const float* a_scales = nullptr;
  const Integer* b = nullptr;  ///< [inner / 2, `Kernels::panel`, 2]
  const float* b_scales = nullptr;
  int inner = 0;  ///< even
  Destination to;
};

/// The inner loops, once for each instruction set. Pure functions over memory; lengths are counts of elements.
struct Kernels {
  const char* name;  ///< of the instruction set, for the log
  int panel;         ///< columns of b that `multiply` computes at once
  int tile_rows;     ///< rows of a that share one reading of b

  void (*multiply)(const Multiplication& job);
  void (*multiply_bytes)(const IntegerMultiplication<std::int8_t>& job);
  void (*multiply_shorts)(const IntegerMultiplication<std::int16_t>& job);

  /// The largest absolute value; 0 for none.
  float (*largest_size)(const float* x, int length);

  /// out = x * factor, rounded to the nearest whole number within 16 bits.
  void (*round_to_steps)(const float* x, float factor, std::int16_t* out, int length);

  /// (x - mean) / sqrt(variance + 1e-5) * scale + shift
  void (*layer_norm)(const float* x, const float* scale, const float* shift, float* out, int length);

  /// In place: exp(x - max). Returns their sum.
  float (*exponentials)(float* x, int length);

  /// log(sum(exp(x))); -infinity for no element or none above -infinity.
  float (*log_sum_exp)(const float* x, int length);

  void (*half_to_float)(const std::uint16_t* in, float* out, int length);

  /// Rounds to nearest even; false when any element was changed by it.
  bool (*float_to_half)(const float* in, std::uint16_t* out, int length);
};

/// A row as whole multiples of a scale: the least one for which they are within +-`steps`. Returns the scale; 0 for
/// zeros.
inline float quantise(const Kernels& kernels, const float* x, int steps, std::int16_t* out, int length) {
  const float largest = kernels.largest_size(x, length);
  kernels.round_to_steps(x, largest > 0 ? static_cast<float>(steps) / largest : 0, out, length);
  return largest / static_cast<float>(steps);
}

/// Those that this processor runs, the best first. The last is always there.
std::span<const Kernels* const> available_kernels();

}  // namespace voxlate::nn
