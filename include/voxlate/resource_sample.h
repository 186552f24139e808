#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/job.h"

namespace voxlate {

struct GpuStatus {
  int index = 0;
  std::string name;
  std::string driver;
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_used_bytes = 0;
  std::optional<int> load_percent{};
  std::optional<int> temperature_c{};

  bool operator==(const GpuStatus&) const = default;
};

/// One look at what the machine and this process use. Rates are since the look before. Absent figures are unknown
/// here, not zero.
struct ResourceSample {
  TimePoint at{};
  std::uint64_t memory_total_bytes = 0;  ///< of the cgroup where it limits, else of the machine
  std::uint64_t memory_used_bytes = 0;
  std::string memory_source;            ///< "cgroup v2", "cgroup v1", "/proc/meminfo", "estimate", "limit"
  std::uint64_t process_rss_bytes = 0;  ///< resident
  double cpu_percent = 0;               ///< of the whole machine
  double process_cpu_percent = 0;       ///< this process's part of it
  int cpu_count = 0;
  std::optional<double> memory_stall_percent{};  ///< PSI: share of the last 10 s in which something waited for it
  std::optional<double> io_stall_percent{};
  std::optional<double> disk_read_bytes_per_s{};  ///< of all disks of the machine
  std::optional<double> disk_written_bytes_per_s{};
  std::optional<double> network_received_bytes_per_s{};  ///< of all interfaces but loopback
  std::optional<double> network_sent_bytes_per_s{};
  std::uint64_t disk_free_bytes = 0;  ///< where the data folder lies
  std::uint64_t disk_total_bytes = 0;
  std::vector<GpuStatus> gpus{};
  int jobs_queued = 0;
  int jobs_running = 0;

  bool operator==(const ResourceSample&) const = default;
};

/// In [0, 100]; 0 when the total is not known.
constexpr double memory_percent(const ResourceSample& sample) {
  if (sample.memory_total_bytes == 0) return 0;
  return 100.0 * static_cast<double>(sample.memory_used_bytes) / static_cast<double>(sample.memory_total_bytes);
}

}  // namespace voxlate
