#pragma once

#include <vector>

#include "nn/compute.h"
#include "nn/matrix.h"

namespace voxlate::nn {

/// Layer normalisation over the columns, epsilon 1e-5.
struct LayerNorm {
  std::vector<float> scale;
  std::vector<float> shift;

  /// `x` and `out`: [rows, columns]; `out` may be `x`.
  void apply(Compute& compute, const Matrix& x, const Matrix& out) const;
};

}  // namespace voxlate::nn
