#include "app/whisper_network.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "voxlate/error.h"
#ifdef VOXLATE_WITH_TORCH
#include "whisper/net_torch/torch_network.h"
#endif

namespace voxlate::app {
namespace {

#ifdef VOXLATE_WITH_TORCH

constexpr std::string_view kWhyNoDevice =
    "libtorch finds none: it needs a libtorch for CUDA, the NVIDIA driver and a GPU";

/// libtorch reads how it is to manage a GPU's memory when it first looks for one.
int cuda_device_count(const Config& config) {
  if (!config.cuda_allocator.empty()) ::setenv("PYTORCH_CUDA_ALLOC_CONF", config.cuda_allocator.c_str(), 1);
  return whisper::cuda_device_count();
}

std::shared_ptr<const whisper::Network> load_on_cuda(const std::filesystem::path& path, const Device& device,
                                                     ComputeType type, nn::Compute& compute) {
  return whisper::load_torch_network(path, device, type, compute);
}

#else

constexpr std::string_view kWhyNoDevice = "this program was built without libtorch (cmake -DVOXLATE_CUDA=ON)";

int cuda_device_count(const Config& /*config*/) { return 0; }

std::shared_ptr<const whisper::Network> load_on_cuda(const std::filesystem::path& /*path*/, const Device& /*device*/,
                                                     ComputeType /*type*/, nn::Compute& /*compute*/) {
  throw Error(ErrorCode::kUnavailable, std::string(kWhyNoDevice));
}

#endif

}  // namespace

int whisper_threads(const Config& config) {
  return config.whisper_threads > 0 ? config.whisper_threads : static_cast<int>(std::thread::hardware_concurrency());
}

ComputeType whisper_compute_type(const Config& config) {
  return find_compute_type(config.whisper_compute_type).value_or(ComputeType::kAuto);
}

Device whisper_device(const Config& config) {
  constexpr std::string_view kCuda = "cuda";
  const std::string_view setting = config.whisper_device;
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
              count > 0 ? fmt::format("whisper.device: expected cuda:0 to cuda:{}, got {}", count - 1, setting)
                        : fmt::format("whisper.device: no CUDA device for {}; {}", setting, kWhyNoDevice));
}

std::shared_ptr<const whisper::Network> load_whisper_network(const std::filesystem::path& path, const Device& device,
                                                             ComputeType type, nn::Compute& compute) {
  if (device.kind == DeviceKind::kCuda) return load_on_cuda(path, device, type, compute);
  return whisper::Network::load(path, compute, type);
}

}  // namespace voxlate::app
