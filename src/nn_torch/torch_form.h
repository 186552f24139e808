#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "voxlate/device.h"

namespace voxlate::nn {

/// Device and type of a network's tensors. `kAuto` is float16 on CUDA and float32 on the CPU. Throws `kUnsupported` for
/// a type that the device does not have, `kUnavailable` for a CUDA device that is not there.
at::TensorOptions form_of(const Device& device, ComputeType type);

/// "float16, libtorch cuda:0"
std::string name_of(const at::TensorOptions& form);

/// In main memory, without gaps.
at::Tensor on_host(const at::Tensor& tensor);

/// Of a float32 tensor in main memory, without gaps.
std::span<float> values_of(const at::Tensor& tensor);

/// `values` on the device of `form`.
at::Tensor indices(std::span<const std::int64_t> values, const at::TensorOptions& form);

}  // namespace voxlate::nn
