#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/mutex.h"
#include "health/proc_text.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// Looks at memory, CPU, disks, network and this process through /proc and /sys/fs/cgroup. Memory is that of the
/// tightest cgroup (v2, then v1), else of the machine, else an estimate that assumes little; or what this process takes
/// of a limit of its own, when that is nearer to its end. Nothing here throws over an absent file. Thread-safe.
class Sampler {
 public:
  struct Options {
    std::uint64_t limit_bytes = 0;     ///< what this process may take, however much there is; 0: no such limit
    std::filesystem::path root = "/";  ///< another one in tests
  };

  explicit Sampler(Options options);
  Sampler() : Sampler(Options()) {}

  /// All but the GPUs, the data folder's disk and the jobs. Shares of CPU and rates are since the look before, those of
  /// CPU at the first look since the constructor; there are no rates then.
  ResourceSample look(TimePoint now);

 private:
  /// What only grows, at one moment.
  struct Counters {
    std::optional<CpuTimes> cpu;
    std::optional<std::uint64_t> process_ticks;
    std::optional<Transferred> disk;
    std::optional<Transferred> network;
  };
  Counters count() const;
  void set_cpu(const Counters& now, ResourceSample& sample) REQUIRES(mutex_);
  void set_rates(const Counters& now, ResourceSample& sample) REQUIRES(mutex_);

  const std::filesystem::path root_;
  const std::uint64_t limit_bytes_;

  Mutex mutex_;
  Counters cpu_earlier_ GUARDED_BY(mutex_);
  double cpu_percent_ GUARDED_BY(mutex_) = 0;
  double process_cpu_percent_ GUARDED_BY(mutex_) = 0;
  Counters earlier_ GUARDED_BY(mutex_);
  std::optional<TimePoint> earlier_at_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
