#include "nn/linear.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace voxlate::nn {
namespace {

constexpr int kBlockRows = 96;  // rows that share one unpacked panel; a multiple of every kernel's tile
constexpr int kTasksPerThread = 4;

}  // namespace

/// Rows and panels that one task computes.
struct Linear::Block {
  int first_row;
  int rows;
  int first_panel;
  int end_panel;
};

Linear::Linear(const Kernels& kernels, Shape shape, const RowSource& weights, std::vector<float> bias, ComputeType type)
    : shape_(shape),
      panel_width_(kernels.panel),
      panels_(pieces(shape.outputs, kernels.panel)),
      bias_(std::move(bias)) {
  assert(type != ComputeType::kInt8 && (bias_.empty() || bias_.size() == static_cast<std::size_t>(shape.outputs)));
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  const auto width = static_cast<std::size_t>(panel_width_);
  std::vector<float> rows(width * inputs);
  std::vector<float> packed(width * inputs);
  halves_ = Buffer<std::uint16_t>(static_cast<std::size_t>(panels_) * panel_size());
  for (int panel = 0; panel < panels_; ++panel) {
    const int begin = panel * panel_width_;
    const int end = std::min(begin + panel_width_, shape.outputs);
    std::fill(packed.begin(), packed.end(), 0.0F);
    weights(begin, end, std::span<float>(rows).first(static_cast<std::size_t>(end - begin) * inputs));
    for (std::size_t lane = 0; lane < static_cast<std::size_t>(end - begin); ++lane) {
      for (std::size_t k = 0; k < inputs; ++k) packed[k * width + lane] = rows[lane * inputs + k];
    }
    const std::size_t offset = static_cast<std::size_t>(panel) * panel_size();
    if (floats_.size() == 0) {
      const bool exact = kernels.float_to_half(packed.data(), halves_.data() + offset, static_cast<int>(panel_size()));
      if (exact || type == ComputeType::kFloat16) continue;
      // The panels so far were exact in f16: they become f32 without a loss.
      floats_ = Buffer<float>(halves_.size());
      kernels.half_to_float(halves_.data(), floats_.data(), static_cast<int>(offset));
      halves_ = Buffer<std::uint16_t>();
    }
    std::copy(packed.begin(), packed.end(), floats_.data() + offset);
  }
}

std::size_t Linear::panel_size() const {
  return static_cast<std::size_t>(shape_.inputs) * static_cast<std::size_t>(panel_width_);
}

void Linear::copy_row(const Kernels& kernels, int index, std::span<float> row) const {
  assert(index >= 0 && index < shape_.outputs && row.size() == static_cast<std::size_t>(shape_.inputs));
  const auto width = static_cast<std::size_t>(panel_width_);
  std::size_t at =
      static_cast<std::size_t>(index / panel_width_) * panel_size() + static_cast<std::size_t>(index % panel_width_);
  for (float& element : row) {
    if (floats_.size() != 0) {
      element = floats_.data()[at];
    } else {
      kernels.half_to_float(halves_.data() + at, &element, 1);
    }
    at += width;
  }
}

/// In f32: where it lies, or unpacked into the thread's scratch.
const float* Linear::panel(const Kernels& kernels, int index) const {
  const std::size_t offset = static_cast<std::size_t>(index) * panel_size();
  if (floats_.size() != 0) return floats_.data() + offset;
  float* const unpacked = scratch(panel_size());
  kernels.half_to_float(halves_.data() + offset, unpacked, static_cast<int>(panel_size()));
  return unpacked;
}

void Linear::apply(Compute& compute, const Matrix& x, const Matrix& out, const Epilogue& epilogue) const {
  assert(x.columns() == shape_.inputs && out.columns() == shape_.outputs && x.rows() == out.rows());
  const Kernels& kernels = compute.kernels();
  const int row_blocks = pieces(x.rows(), kBlockRows);
  if (row_blocks == 0) return;
  const int wanted_tasks = compute.pool().size() * kTasksPerThread;
  const int panel_blocks = std::clamp(pieces(wanted_tasks, row_blocks), 1, panels_);
  const int panels_each = pieces(panels_, panel_blocks);
  compute.pool().run(row_blocks * panel_blocks, [&](int task, int /*thread*/) {
    const int first_row = task / panel_blocks * kBlockRows;
    const int first_panel = std::min(panels_, task % panel_blocks * panels_each);
    multiply_block(kernels, x, out, epilogue,
                   {.first_row = first_row,
                    .rows = std::min(kBlockRows, x.rows() - first_row),
                    .first_panel = first_panel,
                    .end_panel = std::min(panels_, first_panel + panels_each)});
  });
}

void Linear::multiply_block(const Kernels& kernels, const Matrix& x, const Matrix& out, const Epilogue& epilogue,
                            const Block& block) const {
  Multiplication job{.a = x.row(block.first_row),
                     .a_stride = x.stride(),
                     .b_stride = panel_width_,
                     .c_stride = out.stride(),
                     .rows = block.rows,
                     .inner = shape_.inputs,
                     .gelu = epilogue.gelu};
  for (int index = block.first_panel; index < block.end_panel; ++index) {
    const int column = index * panel_width_;
    job.b = panel(kernels, index);
    job.c = out.row(block.first_row) + column;
    job.columns = std::min(panel_width_, shape_.outputs - column);
    if (!bias_.empty()) job.bias = bias_.data() + column;
    if (epilogue.residual != nullptr) {
      job.residual = epilogue.residual->row(block.first_row) + column;
      job.residual_stride = epilogue.residual->stride();
    }
    kernels.multiply(job);
  }
}

}  // namespace voxlate::nn
