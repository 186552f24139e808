#include "nn/layer_norm.h"

#include <algorithm>

namespace voxlate::nn {

void LayerNorm::apply(Compute& compute, const Matrix& x, const Matrix& out) const {
  constexpr int kBlockRows = 64;
  compute.pool().run(pieces(x.rows(), kBlockRows), [&](int block, int /*thread*/) {
    const int end = std::min(x.rows(), (block + 1) * kBlockRows);
    for (int row = block * kBlockRows; row < end; ++row) {
      compute.kernels().layer_norm(x.row(row), scale.data(), shift.data(), out.row(row), x.columns());
    }
  });
}

}  // namespace voxlate::nn
