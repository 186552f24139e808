#pragma once

#include <random>
#include <vector>

#include "nn/matrix.h"

namespace voxlate::nn {

/// Normally distributed, the same for the same seed.
inline std::vector<float> random_floats(std::size_t count, unsigned seed, float spread = 1) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> distribution(0, spread);
  std::vector<float> values(count);
  for (float& value : values) value = distribution(engine);
  return values;
}

inline Matrix random_matrix(int rows, int columns, unsigned seed) {
  const std::vector<float> values =
      random_floats(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), seed);
  Matrix matrix(rows, columns);
  std::copy(values.begin(), values.end(), matrix.row(0));
  return matrix;
}

}  // namespace voxlate::nn
