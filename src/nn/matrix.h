#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

#include "nn/buffer.h"

namespace voxlate::nn {

/// Rows of f32, `stride` elements from one to the next: [rows, columns]. A copy is another view of the same memory,
/// which lives as long as one of its views.
class Matrix {
 public:
  Matrix() = default;

  /// Uninitialised. Throws `std::bad_alloc`.
  Matrix(int rows, int columns) : Matrix(rows, columns, columns, allocate(rows, columns)) {}

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  std::ptrdiff_t stride() const { return stride_; }
  float* row(int index) const { return data_ + index * stride_; }

  /// Rows [first, first + count).
  Matrix some_rows(int first, int count) const {
    assert(first >= 0 && count >= 0 && first + count <= rows_);
    return {count, columns_, stride_, memory_, row(first)};
  }

  /// Columns [first, first + count).
  Matrix some_columns(int first, int count) const {
    assert(first >= 0 && count >= 0 && first + count <= columns_);
    return {rows_, count, stride_, memory_, data_ + first};
  }

  /// `width` rows in one, `step` rows from one to the next: what a convolution over the rows multiplies. The rows
  /// must lie without a gap.
  Matrix windows(int width, int step) const {
    assert(stride_ == columns_ && width <= rows_);
    return {(rows_ - width) / step + 1, width * columns_, stride_ * step, memory_, data_};
  }

 private:
  using Memory = std::shared_ptr<const Buffer<float>>;

  static Memory allocate(int rows, int columns) {
    return std::make_shared<const Buffer<float>>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  }

  Matrix(int rows, int columns, std::ptrdiff_t stride, Memory memory)
      : rows_(rows), columns_(columns), stride_(stride), memory_(std::move(memory)), data_(memory_->data()) {}
  Matrix(int rows, int columns, std::ptrdiff_t stride, Memory memory, float* data)
      : rows_(rows), columns_(columns), stride_(stride), memory_(std::move(memory)), data_(data) {}

  int rows_ = 0;
  int columns_ = 0;
  std::ptrdiff_t stride_ = 0;
  Memory memory_;
  float* data_ = nullptr;
};

}  // namespace voxlate::nn
