#include "nn_torch/torch_slots.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

namespace voxlate::nn {
namespace {

std::int64_t rounded_up(std::int64_t value, std::int64_t step) { return (value + step - 1) / step * step; }

}  // namespace

void TorchSlots::reserve(std::int64_t slots, std::int64_t positions) {
  constexpr std::int64_t kSlotStep = 8;
  constexpr std::int64_t kPositionStep = 64;
  const std::int64_t old_slots = memory_.defined() ? memory_.size(2) : 0;
  const std::int64_t old_positions = memory_.defined() ? memory_.size(4) : 0;
  if (slots <= old_slots && positions <= old_positions) return;
  const at::Tensor old = memory_;
  memory_ =
      at::zeros({shape_.layers, 2, std::max(rounded_up(slots, kSlotStep), old_slots), shape_.heads,
                 std::max(std::min(rounded_up(positions, kPositionStep), shape_.context), old_positions), shape_.width},
                form_);
  if (old.defined()) memory_.narrow(2, 0, old_slots).narrow(4, 0, old_positions).copy_(old);
}

void TorchSlots::write(std::int64_t slot, const at::Tensor& key_values) {
  const at::Tensor into = memory_.select(2, slot);
  const std::int64_t positions = key_values.size(3);
  into.narrow(3, 0, positions).copy_(key_values);
  into.narrow(3, positions, into.size(3) - positions).zero_();
}

void TorchSlots::copy(std::int64_t from, std::int64_t to, std::int64_t positions) {
  write(to, memory_.select(2, from).narrow(3, 0, positions));
}

void TorchSlots::wipe(std::int64_t slot) {
  if (memory_.defined() && slot < memory_.size(2)) memory_.select(2, slot).zero_();
}

}  // namespace voxlate::nn
