#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace voxlate::nn {

/// c[i][j] = f(sum over k of a[i * a_stride + k] * b[k * b_stride + j]), for i < rows and j < columns.
///
/// f adds `bias[j]`, then applies GELU (the exact one, with erf), then adds `residual[i * residual_stride + j]`,
/// each only when wanted. The sum runs over k in ascending order in one accumulator, so that an element does not
/// depend on how many rows or columns are computed beside it. `residual` may be `c`.
struct Multiplication {
  const float* a = nullptr;
  std::ptrdiff_t a_stride = 0;
  const float* b = nullptr;  ///< `Kernels::panel` floats of each row are read, however many columns are wanted
  std::ptrdiff_t b_stride = 0;
  float* c = nullptr;
  std::ptrdiff_t c_stride = 0;
  int rows = 0;
  int inner = 0;
  int columns = 0;  ///< at most `Kernels::panel`

  const float* bias = nullptr;
  bool gelu = false;
  const float* residual = nullptr;
  std::ptrdiff_t residual_stride = 0;
};

/// The inner loops, once for each instruction set. Pure functions over memory; lengths are counts of elements.
struct Kernels {
  const char* name;  ///< of the instruction set, for the log
  int panel;         ///< columns of b that `multiply` computes at once
  int tile_rows;     ///< rows of a that share one reading of b

  void (*multiply)(const Multiplication& job);

  /// (x - mean) / sqrt(variance + 1e-5) * scale + shift
  void (*layer_norm)(const float* x, const float* scale, const float* shift, float* out, int length);

  /// In place: exp(x - max) / sum.
  void (*softmax)(float* x, int length);

  /// log(sum(exp(x))); -infinity for no element or none above -infinity.
  float (*log_sum_exp)(const float* x, int length);

  void (*half_to_float)(const std::uint16_t* in, float* out, int length);

  /// Rounds to nearest even; false when any element was changed by it.
  bool (*float_to_half)(const float* in, std::uint16_t* out, int length);
};

/// Those that this processor runs, the best first. The last is always there.
std::span<const Kernels* const> available_kernels();

}  // namespace voxlate::nn
