#include "app/devices.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "voxlate/error.h"
#ifdef VOXLATE_WITH_TORCH
#include "nn_torch/cuda_devices.h"
#endif

namespace voxlate::app {
namespace {

#ifdef VOXLATE_WITH_TORCH

constexpr std::string_view kWhyNoDevice =
    "libtorch finds none: it needs a libtorch for CUDA, the NVIDIA driver and a GPU";

/// libtorch reads how it is to manage a GPU's memory when it first looks for one.
int cuda_device_count(const Config& config) {
  if (!config.cuda_allocator.empty()) ::setenv("PYTORCH_CUDA_ALLOC_CONF", config.cuda_allocator.c_str(), 1);
  return nn::cuda_device_count();
}

#else

constexpr std::string_view kWhyNoDevice = "this program was built without libtorch (cmake -DVOXLATE_CUDA=ON)";

int cuda_device_count(const Config& /*config*/) { return 0; }

#endif

}  // namespace

Device find_device(const Config& config, std::string_view key, std::string_view setting) {
  constexpr std::string_view kCuda = "cuda";
  if (setting == "cpu") return {};
  const int count = cuda_device_count(config);
  if (setting == "auto") return {.kind = count > 0 ? DeviceKind::kCuda : DeviceKind::kCpu};
  Device device{.kind = DeviceKind::kCuda};
  if (setting != kCuda) {
    const std::string_view digits = setting.substr(kCuda.size() + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), device.index);
  }
  if (device.index < count) return device;
  throw Error(ErrorCode::kUnavailable,
              count > 0 ? fmt::format("{}: expected cuda:0 to cuda:{}, got {}", key, count - 1, setting)
                        : fmt::format("{}: no CUDA device for {}; {}", key, setting, kWhyNoDevice));
}

}  // namespace voxlate::app
