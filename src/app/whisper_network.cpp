#include "app/whisper_network.h"

#include <thread>

#include "app/devices.h"
#include "voxlate/error.h"
#ifdef VOXLATE_WITH_TORCH
#include "whisper/net_torch/torch_network.h"
#endif

namespace voxlate::app {

int whisper_threads(const Config& config) {
  return config.whisper_threads > 0 ? config.whisper_threads : static_cast<int>(std::thread::hardware_concurrency());
}

ComputeType whisper_compute_type(const Config& config) {
  return find_compute_type(config.whisper_compute_type).value_or(ComputeType::kAuto);
}

Device whisper_device(const Config& config) { return find_device(config, "whisper.device", config.whisper_device); }

std::shared_ptr<const whisper::Network> load_whisper_network(const std::filesystem::path& path, const Device& device,
                                                             ComputeType type, nn::Compute& compute) {
  if (device.kind == DeviceKind::kCpu) return whisper::Network::load(path, compute, type);
#ifdef VOXLATE_WITH_TORCH
  return whisper::load_torch_network(path, device, type, compute);
#else
  throw Error(ErrorCode::kUnavailable, "no network on " + to_string(device) + " without libtorch");
#endif
}

}  // namespace voxlate::app
