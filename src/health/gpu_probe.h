#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "voxlate/system_status.h"

namespace voxlate::health {

/// What `nvidia-smi` tells of one device a line: index, name, driver, memory in MiB, load in percent and temperature in
/// degrees Celsius, separated by commas. Lines of another form are left out; a figure it does not know is absent.
std::vector<GpuStatus> parse_gpu_list(std::string_view text);

/// Looks at NVIDIA GPUs through the driver's own program, which takes up to a second: what it said is believed for
/// 30 seconds. Without that program, or when it fails or does not answer within 5 seconds, there is no GPU.
/// Thread-safe; callers wait for the one that asks.
class GpuProbe {
 public:
  static constexpr std::chrono::seconds kBelieved{30};

  /// Borrows `clock`. `program`: where nvidia-smi may be.
  explicit GpuProbe(const Clock& clock, std::filesystem::path program = "/usr/bin/nvidia-smi");

  std::vector<GpuStatus> look();

 private:
  std::vector<GpuStatus> ask() const;

  const Clock& clock_;
  const std::filesystem::path program_;

  Mutex mutex_;
  std::vector<GpuStatus> seen_ GUARDED_BY(mutex_);
  std::optional<TimePoint> seen_at_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
