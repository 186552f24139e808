// The inner loops, written once over a vector of kVectorBytes and compiled once for each instruction set: a file
// kernels_<isa>.cpp defines VOXLATE_ISA (a namespace name), kVectorBytes and kTileRows and includes this one.
//
// Nothing here may instantiate an inline function of the standard library: the linker would keep one copy of it
// for the whole program, perhaps the one with instructions that the processor lacks.
//
// Checked against plain double-precision loops in tests/unit/nn/kernels_test.cpp.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "nn/kernels.h"

namespace voxlate::nn::VOXLATE_ISA {
namespace {

using Vector [[gnu::vector_size(kVectorBytes)]] = float;
using IntVector [[gnu::vector_size(kVectorBytes)]] = std::int32_t;

constexpr int kLanes = kVectorBytes / 4;
constexpr int kPanel = 2 * kLanes;
constexpr float kInfinity = __builtin_inff();

inline Vector load(const float* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, Vector value) { std::memcpy(to, &value, sizeof value); }

inline Vector broadcast(float value) { return Vector{} + value; }

inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }

/// e^x to 1e-7 of itself; 0 below -87, and e^88 for what is larger.
inline Vector exp(Vector x) {
  constexpr float kLog2E = 1.44269504088896341F;
  constexpr float kLn2High = 0.693359375F;  // 9 bits, so that n * kLn2High is exact
  constexpr float kLn2Low = -2.12194440e-4F;
  constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23: adding it rounds to the nearest integer
  const IntVector underflow = x < -87.0F;
  x = x > 88.0F ? broadcast(88.0F) : x;
  x = x < -87.0F ? broadcast(-87.0F) : x;
  const Vector shifted = x * kLog2E + kRounder;
  const Vector n = shifted - kRounder;
  const Vector r = x - n * kLn2High - n * kLn2Low;
  // Taylor's series of e^r for |r| <= ln(2)/2; the first term left out is below 2e-8.
  Vector p = broadcast(1.0F / 5040);
  p = p * r + 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const auto exponent = reinterpret_cast<IntVector>(shifted) << 23;  // the rounder's own bits leave at the top
  const auto scaled = reinterpret_cast<Vector>(reinterpret_cast<IntVector>(p) + exponent);
  return underflow ? Vector{} : scaled;
}

/// x/2 (1 + erf(x / sqrt 2)); erf after Abramowitz and Stegun 7.1.26, within 1.5e-7.
inline Vector gelu(Vector x) {
  const Vector z = (x < 0.0F ? -x : x) * 0.70710678118654752F;
  const Vector t = 1.0F / (1.0F + 0.3275911F * z);
  Vector p = broadcast(1.061405429F);
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const Vector tail = p * t * exp(-z * z);  // 1 - erf(z)
  return 0.5F * x * (x < 0.0F ? tail : 2.0F - tail);
}

inline float sum_of(Vector value) {
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += value[lane];
  return sum;
}

inline float largest_of(const float* x, int length) {
  float largest = -kInfinity;
  int i = 0;
  if (length >= kLanes) {
    Vector best = load(x);
    for (i = kLanes; i + kLanes <= length; i += kLanes) best = larger(best, load(x + i));
    for (int lane = 0; lane < kLanes; ++lane) largest = best[lane] > largest ? best[lane] : largest;
  }
  for (; i < length; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

/// The first `count` floats; the other lanes are `filler`.
inline Vector load_some(const float* from, int count, float filler) {
  Vector value = broadcast(filler);
  std::memcpy(&value, from, static_cast<std::size_t>(count) * sizeof(float));
  return value;
}

inline void store_some(float* to, Vector value, int count) {
  std::memcpy(to, &value, static_cast<std::size_t>(count) * sizeof(float));
}

/// One half of a row of a tile: what `Multiplication` says of f.
inline void finish(const Multiplication& job, int row, int column, Vector sum) {
  const int count = job.columns - column;
  if (count <= 0) return;
  float* const to = job.c + row * job.c_stride + column;
  const float* const residual = job.residual == nullptr ? nullptr : job.residual + row * job.residual_stride + column;
  if (count >= kLanes) {
    if (job.bias != nullptr) sum += load(job.bias + column);
    if (job.gelu) sum = gelu(sum);
    if (residual != nullptr) sum += load(residual);
    store(to, sum);
    return;
  }
  if (job.bias != nullptr) sum += load_some(job.bias + column, count, 0);
  if (job.gelu) sum = gelu(sum);
  if (residual != nullptr) sum += load_some(residual, count, 0);
  store_some(to, sum, count);
}

template <int kRows>
void multiply_tile(const Multiplication& job, int first_row) {
  Vector left[kRows] = {};
  Vector right[kRows] = {};
  const float* a = job.a + first_row * job.a_stride;
  const float* b = job.b;
  for (int k = 0; k < job.inner; ++k) {
    const Vector b_left = load(b);
    const Vector b_right = load(b + kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kRows; ++row) {
      const Vector factor = broadcast(a[row * job.a_stride]);
      left[row] += factor * b_left;
      right[row] += factor * b_right;
    }
    ++a;
    b += job.b_stride;
  }
  for (int row = 0; row < kRows; ++row) {
    finish(job, first_row + row, 0, left[row]);
    finish(job, first_row + row, kLanes, right[row]);
  }
}

/// The last rows, fewer than a whole tile.
template <int kRows>
void multiply_rest(const Multiplication& job, int first_row, int rows) {
  if constexpr (kRows > 0) {
    if (rows == kRows) {
      multiply_tile<kRows>(job, first_row);
    } else {
      multiply_rest<kRows - 1>(job, first_row, rows);
    }
  }
}

void multiply(const Multiplication& job) {
  int row = 0;
  for (; row + kTileRows <= job.rows; row += kTileRows) multiply_tile<kTileRows>(job, row);
  multiply_rest<kTileRows - 1>(job, row, job.rows - row);
}

void layer_norm(const float* x, const float* scale, const float* shift, float* out, int length) {
  const int whole = length - length % kLanes;
  Vector sums{};
  for (int i = 0; i < whole; i += kLanes) sums += load(x + i);
  float sum = sum_of(sums);
  for (int i = whole; i < length; ++i) sum += x[i];
  const float mean = sum / static_cast<float>(length);

  Vector squares{};
  for (int i = 0; i < whole; i += kLanes) {
    const Vector centred = load(x + i) - mean;
    squares += centred * centred;
  }
  float square = sum_of(squares);
  for (int i = whole; i < length; ++i) square += (x[i] - mean) * (x[i] - mean);
  const float factor = 1.0F / __builtin_sqrtf(square / static_cast<float>(length) + 1e-5F);

  for (int i = 0; i < whole; i += kLanes) {
    store(out + i, (load(x + i) - mean) * factor * load(scale + i) + load(shift + i));
  }
  for (int i = whole; i < length; ++i) out[i] = (x[i] - mean) * factor * scale[i] + shift[i];
}

void softmax(float* x, int length) {
  const float largest = largest_of(x, length);
  const int whole = length - length % kLanes;
  Vector sums{};
  for (int i = 0; i < whole; i += kLanes) {
    const Vector value = exp(load(x + i) - largest);
    store(x + i, value);
    sums += value;
  }
  if (whole < length) {
    const Vector value = exp(load_some(x + whole, length - whole, -kInfinity) - largest);
    store_some(x + whole, value, length - whole);
    sums += value;
  }
  const float factor = 1.0F / sum_of(sums);
  for (int i = 0; i < whole; i += kLanes) store(x + i, load(x + i) * factor);
  for (int i = whole; i < length; ++i) x[i] *= factor;
}

float log_sum_exp(const float* x, int length) {
  const float largest = largest_of(x, length);
  if (largest == -kInfinity) return -kInfinity;
  const int whole = length - length % kLanes;
  Vector sums{};
  for (int i = 0; i < whole; i += kLanes) sums += exp(load(x + i) - largest);
  if (whole < length) sums += exp(load_some(x + whole, length - whole, -kInfinity) - largest);
  return largest + __builtin_logf(sum_of(sums));
}

#if defined(__F16C__)

void half_to_float(const std::uint16_t* in, float* out, int length) {
  int i = 0;
  for (; i + 8 <= length; i += 8) {
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i))));
  }
  for (; i < length; ++i) out[i] = _cvtsh_ss(in[i]);
}

bool float_to_half(const float* in, std::uint16_t* out, int length) {
  bool exact = true;
  for (int i = 0; i < length; ++i) {
    out[i] = _cvtss_sh(in[i], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    exact = exact && _cvtsh_ss(out[i]) == in[i];
  }
  return exact;
}

#else

float float_of(std::uint16_t half) {
  constexpr std::uint32_t kLargestExponent = 0x7C00U << 13U;
  const std::uint32_t sign = (half & 0x8000U) << 16U;
  const std::uint32_t magnitude = (half & 0x7FFFU) << 13U;
  float value;
  if (magnitude >= kLargestExponent) {  // infinity and NaN
    const std::uint32_t bits = magnitude | 0x7F800000U;
    std::memcpy(&value, &bits, sizeof value);
  } else {  // 2^112 mends the exponent's bias, also of subnormal numbers
    std::memcpy(&value, &magnitude, sizeof value);
    value *= 5.192296858534828e33F;
  }
  return sign != 0 ? -value : value;
}

std::uint16_t half_of(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  const std::uint32_t sign = (bits >> 16U) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);
  if (magnitude < 0x38800000U) {  // subnormal: the sum leaves the rounded mantissa in the low bits
    float shifted = value < 0 ? -value : value;
    shifted += 0.5F;
    std::memcpy(&bits, &shifted, sizeof bits);
    return static_cast<std::uint16_t>(sign | (bits - 0x3F000000U));
  }
  const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13U) & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13U));
}

void half_to_float(const std::uint16_t* in, float* out, int length) {
  for (int i = 0; i < length; ++i) out[i] = float_of(in[i]);
}

bool float_to_half(const float* in, std::uint16_t* out, int length) {
  bool exact = true;
  for (int i = 0; i < length; ++i) {
    out[i] = half_of(in[i]);
    exact = exact && float_of(out[i]) == in[i];
  }
  return exact;
}

#endif

}  // namespace

extern const Kernels kKernels;
const Kernels kKernels{.name = kName,
                       .panel = kPanel,
                       .tile_rows = kTileRows,
                       .multiply = multiply,
                       .layer_norm = layer_norm,
                       .softmax = softmax,
                       .log_sum_exp = log_sum_exp,
                       .half_to_float = half_to_float,
                       .float_to_half = float_to_half};

}  // namespace voxlate::nn::VOXLATE_ISA
