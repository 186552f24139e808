#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "nn/buffer.h"
#include "nn/compute.h"
#include "nn/matrix.h"
#include "voxlate/device.h"

namespace voxlate::nn {

/// Gives rows [begin, end) of a weight matrix [outputs, inputs].
using RowSource = std::function<void(int begin, int end, std::span<float> rows)>;

/// A linear layer y = x W^T + b with its weights packed for the kernels. Immutable.
///
/// With `kFloat32` the weights are exact: held as f16 when that changes none of them, else as f32. With `kFloat16`
/// they are rounded to f16. Products and sums are f32 in both. With `kInt8` the weights of an output are 127 steps of
/// a scale of its own, and the inputs of a row 2047 steps of one (fewer above 8259 inputs, whose sum has to fit into 32
/// bits); their products are summed exactly.
class Linear {
 public:
  struct Shape {
    int outputs = 0;
    int inputs = 0;
  };

  /// Reads `weights` once, a few rows at a time. `bias`: [outputs], or empty for none.
  Linear(const Kernels& kernels, Shape shape, const RowSource& weights, std::vector<float> bias, ComputeType type);

  int outputs() const { return shape_.outputs; }
  int inputs() const { return shape_.inputs; }
  std::size_t size_bytes() const {
    return halves_.size_bytes() + floats_.size_bytes() + bytes_.size_bytes() + scales_.size_bytes() +
           bias_.size() * sizeof(float);
  }

  /// Row `index` of the weights, as an embedding uses it: [inputs].
  void copy_row(const Kernels& kernels, int index, std::span<float> row) const;

  struct Epilogue {
    Activation activation = Activation::kNone;
    const Matrix* residual = nullptr;  ///< [rows, outputs], added last; may be the result itself
  };

  /// out = f(x W^T + b), x [rows, inputs], out [rows, outputs]. A row of the result does not depend on the others.
  void apply(Compute& compute, const Matrix& x, const Matrix& out, const Epilogue& epilogue) const;
  void apply(Compute& compute, const Matrix& x, const Matrix& out) const { apply(compute, x, out, Epilogue{}); }

 private:
  struct Block;
  struct Integers;

  std::size_t panel_size() const;
  /// Inputs, even: what a panel of integers has for each output.
  int paired_inputs() const { return shape_.inputs + shape_.inputs % 2; }

  void pack_panel(const Kernels& kernels, int panel, std::span<const float> rows, ComputeType type);
  void quantise_panel(const Kernels& kernels, int panel, std::span<const float> rows);
  const float* panel(const Kernels& kernels, int index) const;
  Integers quantise(Compute& compute, const Matrix& x) const;
  void multiply_block(const Kernels& kernels, const Matrix& x, const Integers& integers, const Matrix& out,
                      const Epilogue& epilogue, const Block& block) const;

  Shape shape_;
  int panel_width_;
  int panels_;
  // One of the three is not empty: [panels, inputs, panel_width], the outputs of a panel side by side, and
  // [panels, inputs / 2, panel_width, 2] with the scales of the outputs.
  Buffer<std::uint16_t> halves_;
  Buffer<float> floats_;
  Buffer<std::int8_t> bytes_;
  Buffer<float> scales_;
  std::vector<float> bias_;
};

}  // namespace voxlate::nn
