#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voxlate {

/// Where a network lives and computes.
enum class DeviceKind { kCpu, kCuda };

struct Device {
  DeviceKind kind = DeviceKind::kCpu;
  int index = 0;  ///< of the CUDA device

  bool operator==(const Device&) const = default;
};

/// "cpu", "cuda:1": the setting that names it.
inline std::string to_string(const Device& device) {
  return device.kind == DeviceKind::kCpu ? "cpu" : "cuda:" + std::to_string(device.index);
}

/// How the weights of a network are held and multiplied. `kAuto` means the best one of the device: the fastest
/// that keeps the text of the full precision.
enum class ComputeType { kAuto, kFloat32, kFloat16, kInt8 };

/// Stable name, used in settings and in the API.
constexpr std::string_view to_string(ComputeType type) {
  switch (type) {
    case ComputeType::kAuto: return "auto";
    case ComputeType::kFloat32: return "float32";
    case ComputeType::kFloat16: return "float16";
    case ComputeType::kInt8: return "int8";
  }
  return "auto";
}

/// The type of that name; nothing: there is none.
constexpr std::optional<ComputeType> find_compute_type(std::string_view name) {
  for (const ComputeType type :
       {ComputeType::kAuto, ComputeType::kFloat32, ComputeType::kFloat16, ComputeType::kInt8}) {
    if (to_string(type) == name) return type;
  }
  return std::nullopt;
}

}  // namespace voxlate
