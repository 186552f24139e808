#pragma once

#include <span>
#include <vector>

#include "nn/linear.h"

namespace voxlate::nn {

/// Some outputs of a layer, as its file has them.
struct LinearPart {
  Linear::Shape shape;
  RowSource rows;
  std::vector<float> bias;  ///< [outputs], or empty for none
  float scale = 1;          ///< of weights and bias
};

/// The outputs of all parts, which have the same inputs, one behind the other in one layer.
Linear join(const Kernels& kernels, std::span<const LinearPart> parts, ComputeType type);

}  // namespace voxlate::nn
