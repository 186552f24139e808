#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/mutex.h"
#include "health/proc_text.h"
#include "voxlate/system_status.h"

namespace voxlate::health {

/// Looks at memory, CPU and this process through /proc and /sys/fs/cgroup (v2, then v1, then the whole machine).
/// What cannot be read stays as it was: nothing here throws over an absent file. Thread-safe.
class Sampler {
 public:
  /// `root` replaces "/" in tests.
  explicit Sampler(std::filesystem::path root = "/");

  /// Sets `memory_*`, `process_rss_bytes`, `cpu_percent` (since the look before; the first one counts from the
  /// constructor) and `cpu_count`.
  void sample(SystemStatus& status);

 private:
  double cpu_percent();

  const std::filesystem::path root_;

  Mutex mutex_;
  std::optional<CpuTimes> earlier_ GUARDED_BY(mutex_);
  double percent_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::health
