#include "nn_torch/torch_form.h"

#include <ATen/Context.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include "nn_torch/cuda_devices.h"
#include "nn_torch/torch_guard.h"
#include "voxlate/error.h"

namespace voxlate::nn {
namespace {

at::Device place_of(const Device& device) {
  if (device.kind == DeviceKind::kCpu) return at::kCPU;
  const int count = cuda_device_count();
  if (device.index >= count) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("device: expected one of {} CUDA devices, got cuda:{}", count, device.index));
  }
  return {at::kCUDA, static_cast<at::DeviceIndex>(device.index)};
}

at::ScalarType element_of(ComputeType type, const at::Device& place) {
  switch (type) {
    case ComputeType::kAuto: return place.is_cuda() ? at::kHalf : at::kFloat;
    case ComputeType::kFloat32: return at::kFloat;
    case ComputeType::kFloat16:
      if (place.is_cuda()) return at::kHalf;
      break;
    case ComputeType::kInt8: break;
  }
  throw Error(ErrorCode::kUnsupported, fmt::format("compute_type: expected auto, float32{}, got {} on {}",
                                                   place.is_cuda() ? " or float16" : "", to_string(type), place.str()));
}

}  // namespace

int cuda_device_count() {
  return with_torch([] { return at::hasCUDA() ? static_cast<int>(at::getNumGPUs()) : 0; });
}

at::TensorOptions form_of(const Device& device, ComputeType type) {
  const at::Device place = place_of(device);
  return at::TensorOptions(place).dtype(element_of(type, place));
}

std::string name_of(const at::TensorOptions& form) {
  return fmt::format("{}, libtorch {}", form.dtype() == at::kHalf ? "float16" : "float32", form.device().str());
}

at::Tensor on_host(const at::Tensor& tensor) { return tensor.to(at::kCPU).contiguous(); }

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::Tensor indices(std::span<const std::int64_t> values, const at::TensorOptions& form) {
  return at::tensor(at::IntArrayRef(values.data(), values.size()), at::kLong).to(form.device());
}

}  // namespace voxlate::nn
