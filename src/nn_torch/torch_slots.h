#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace voxlate::nn {

/// Keys and values of many inputs or sequences, for all layers of a decoder, in one tensor: a slot each, so that a step
/// takes all of them at once and a fork is one copy. It grows with the slots and their length. What was never written
/// is zero, since what is hidden is multiplied too, by zero: it must be finite.
class TorchSlots {
 public:
  struct Shape {
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t width = 0;
    std::int64_t context = 0;  ///< positions that a slot can have
  };

  TorchSlots(const Shape& shape, at::TensorOptions form) : shape_(shape), form_(form) {}

  /// Makes room for `slots` of `positions` each; what was written stays.
  void reserve(std::int64_t slots, std::int64_t positions);

  /// The first positions of `slot` become `key_values`, [layers, 2, heads, positions, width], the others zero. There is
  /// room for it.
  void write(std::int64_t slot, const at::Tensor& key_values);

  /// `to` becomes the first `positions` of `from`. There is room for it.
  void copy(std::int64_t from, std::int64_t to, std::int64_t positions);

  /// Nothing of what was in the slot before stays, such as numbers that are none.
  void wipe(std::int64_t slot);

  void clear() { memory_ = at::Tensor(); }

  /// [2, slots, heads, positions, width]
  at::Tensor layer(int index) const { return memory_.select(0, index); }

 private:
  const Shape shape_;
  const at::TensorOptions form_;
  at::Tensor memory_;  // [layers, 2, slots, heads, positions, width]
};

}  // namespace voxlate::nn
