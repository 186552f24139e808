#include "nn/linear.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace voxlate::nn {
namespace {

constexpr int kBlockRows = 96;  // rows that share one unpacked panel; a multiple of every kernel's tile
constexpr int kTasksPerThread = 4;
constexpr int kWeightSteps = 127;

/// The inputs of a row are held as whole numbers up to this one.
int activation_steps(int inputs) {
  constexpr int kMostSteps = 2047;
  return std::min(kMostSteps, std::numeric_limits<std::int32_t>::max() / (kWeightSteps * inputs));
}

}  // namespace

/// Rows and panels that one task computes.
struct Linear::Block {
  int first_row;
  int rows;
  int first_panel;
  int end_panel;
};

/// The inputs of a layer of integers: [rows, paired_inputs()] and a scale a row. Empty for other layers.
struct Linear::Integers {
  Buffer<std::int16_t> values;
  Buffer<float> scales;
};

Linear::Linear(const Kernels& kernels, Shape shape, const RowSource& weights, std::vector<float> bias, ComputeType type)
    : shape_(shape),
      panel_width_(kernels.panel),
      panels_(pieces(shape.outputs, kernels.panel)),
      bias_(std::move(bias)) {
  assert(bias_.empty() || bias_.size() == static_cast<std::size_t>(shape.outputs));
  const auto inputs = static_cast<std::size_t>(shape.inputs);
  const auto panels = static_cast<std::size_t>(panels_);
  const auto width = static_cast<std::size_t>(panel_width_);
  if (type == ComputeType::kInt8) {
    bytes_ = Buffer<std::int8_t>(panels * width * static_cast<std::size_t>(paired_inputs()));
    scales_ = Buffer<float>(panels * width);
  } else {
    halves_ = Buffer<std::uint16_t>(panels * panel_size());
  }
  std::vector<float> rows(width * inputs);
  for (int panel = 0; panel < panels_; ++panel) {
    const int begin = panel * panel_width_;
    const int end = std::min(begin + panel_width_, shape.outputs);
    const std::span<float> given = std::span<float>(rows).first(static_cast<std::size_t>(end - begin) * inputs);
    weights(begin, end, given);
    if (type == ComputeType::kInt8)
      quantise_panel(kernels, panel, given);
    else
      pack_panel(kernels, panel, given, type);
  }
}

/// `rows` [up to panel_width, inputs] become a panel of f16, or of f32 where that is not exact and has to be.
void Linear::pack_panel(const Kernels& kernels, int panel, std::span<const float> rows, ComputeType type) {
  const auto inputs = static_cast<std::size_t>(shape_.inputs);
  const auto width = static_cast<std::size_t>(panel_width_);
  float* const packed = scratch(panel_size());
  std::fill_n(packed, panel_size(), 0.0F);
  for (std::size_t lane = 0; lane < rows.size() / inputs; ++lane) {
    for (std::size_t k = 0; k < inputs; ++k) packed[k * width + lane] = rows[lane * inputs + k];
  }
  const std::size_t offset = static_cast<std::size_t>(panel) * panel_size();
  if (floats_.size() == 0) {
    const bool exact = kernels.float_to_half(packed, halves_.data() + offset, static_cast<int>(panel_size()));
    if (exact || type == ComputeType::kFloat16) return;
    // The panels so far were exact in f16: they become f32 without a loss.
    floats_ = Buffer<float>(halves_.size());
    kernels.half_to_float(halves_.data(), floats_.data(), static_cast<int>(offset));
    halves_ = Buffer<std::uint16_t>();
  }
  std::copy_n(packed, panel_size(), floats_.data() + offset);
}

void Linear::quantise_panel(const Kernels& kernels, int panel, std::span<const float> rows) {
  const auto inputs = static_cast<std::size_t>(shape_.inputs);
  const auto width = static_cast<std::size_t>(panel_width_);
  const std::size_t size = width * static_cast<std::size_t>(paired_inputs());
  std::int8_t* const packed = bytes_.data() + static_cast<std::size_t>(panel) * size;
  float* const scales = scales_.data() + static_cast<std::size_t>(panel) * width;
  std::fill_n(packed, size, std::int8_t{0});
  std::fill_n(scales, width, 0.0F);
  std::vector<std::int16_t> steps(inputs);
  for (std::size_t lane = 0; lane < rows.size() / inputs; ++lane) {
    scales[lane] = nn::quantise(kernels, rows.data() + lane * inputs, kWeightSteps, steps.data(), shape_.inputs);
    for (std::size_t k = 0; k < inputs; ++k)
      packed[place_in_pairs(k, lane, width)] = static_cast<std::int8_t>(steps[k]);
  }
}

std::size_t Linear::panel_size() const {
  return static_cast<std::size_t>(shape_.inputs) * static_cast<std::size_t>(panel_width_);
}

void Linear::copy_row(const Kernels& kernels, int index, std::span<float> row) const {
  assert(index >= 0 && index < shape_.outputs && row.size() == static_cast<std::size_t>(shape_.inputs));
  const auto width = static_cast<std::size_t>(panel_width_);
  const auto panel = static_cast<std::size_t>(index / panel_width_);
  const auto lane = static_cast<std::size_t>(index % panel_width_);
  if (bytes_.size() != 0) {
    const std::int8_t* const bytes = bytes_.data() + panel * width * static_cast<std::size_t>(paired_inputs());
    for (std::size_t k = 0; k < row.size(); ++k)
      row[k] = static_cast<float>(bytes[place_in_pairs(k, lane, width)]) * scales_.data()[index];
    return;
  }
  std::size_t at = panel * panel_size() + lane;
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

Linear::Integers Linear::quantise(Compute& compute, const Matrix& x) const {
  if (bytes_.size() == 0) return {};
  const auto length = static_cast<std::size_t>(paired_inputs());
  const auto rows = static_cast<std::size_t>(x.rows());
  const int steps = activation_steps(shape_.inputs);
  Integers integers{.values = Buffer<std::int16_t>(rows * length), .scales = Buffer<float>(rows)};
  compute.pool().run(pieces(x.rows(), kBlockRows), [&](int block, int /*thread*/) {
    const int end = std::min(x.rows(), (block + 1) * kBlockRows);
    for (int row = block * kBlockRows; row < end; ++row) {
      std::int16_t* const values = integers.values.data() + static_cast<std::size_t>(row) * length;
      integers.scales.data()[row] = nn::quantise(compute.kernels(), x.row(row), steps, values, shape_.inputs);
      if (shape_.inputs % 2 != 0) values[shape_.inputs] = 0;
    }
  });
  return integers;
}

void Linear::apply(Compute& compute, const Matrix& x, const Matrix& out, const Epilogue& epilogue) const {
  assert(x.columns() == shape_.inputs && out.columns() == shape_.outputs && x.rows() == out.rows());
  const Kernels& kernels = compute.kernels();
  const int row_blocks = pieces(x.rows(), kBlockRows);
  if (row_blocks == 0) return;
  const Integers integers = quantise(compute, x);
  const int wanted_tasks = compute.pool().size() * kTasksPerThread;
  const int panel_blocks = std::clamp(pieces(wanted_tasks, row_blocks), 1, panels_);
  const int panels_each = pieces(panels_, panel_blocks);
  compute.pool().run(row_blocks * panel_blocks, [&](int task, int /*thread*/) {
    const int first_row = task / panel_blocks * kBlockRows;
    const int first_panel = std::min(panels_, task % panel_blocks * panels_each);
    const Block block{.first_row = first_row,
                      .rows = std::min(kBlockRows, x.rows() - first_row),
                      .first_panel = first_panel,
                      .end_panel = std::min(panels_, first_panel + panels_each)};
    multiply_block(kernels, x, integers, out, epilogue, block);
  });
}

void Linear::multiply_block(const Kernels& kernels, const Matrix& x, const Integers& integers, const Matrix& out,
                            const Epilogue& epilogue, const Block& block) const {
  const auto first_row = static_cast<std::size_t>(block.first_row);
  const auto length = static_cast<std::size_t>(paired_inputs());
  for (int index = block.first_panel; index < block.end_panel; ++index) {
    const int column = index * panel_width_;
    Destination to{.c = out.row(block.first_row) + column,
                   .c_stride = out.stride(),
                   .rows = block.rows,
                   .columns = std::min(panel_width_, shape_.outputs - column),
                   .bias = bias_.empty() ? nullptr : bias_.data() + column,
                   .activation = epilogue.activation};
    if (epilogue.residual != nullptr) {
      to.residual = epilogue.residual->row(block.first_row) + column;
      to.residual_stride = epilogue.residual->stride();
    }
    if (bytes_.size() == 0) {
      kernels.multiply({.a = x.row(block.first_row),
                        .a_stride = x.stride(),
                        .b = panel(kernels, index),
                        .b_stride = panel_width_,
                        .inner = shape_.inputs,
                        .to = to});
    } else {
      kernels.multiply_bytes({.a = integers.values.data() + first_row * length,
                              .a_stride = static_cast<std::ptrdiff_t>(length),
                              .a_scales = integers.scales.data() + first_row,
                              .b = bytes_.data() + static_cast<std::size_t>(column) * length,
                              .b_scales = scales_.data() + column,
                              .inner = paired_inputs(),
                              .to = to});
    }
  }
}

}  // namespace voxlate::nn
