#include "health/sampler.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace voxlate::health {
namespace {

/// Fewer ticks than this between two looks say nothing.
constexpr std::uint64_t kMinTicks = 10;

/// Larger than the memory of any machine: v1 shows such a limit where there is none.
constexpr std::uint64_t kNoLimit = 1ULL << 60U;

/// How one version of cgroups names things.
struct CgroupFiles {
  const char* source;
  const char* controller;
  const char* mount;
  const char* limit;
  const char* usage;
  const char* reclaimable;  ///< line of memory.stat: page cache that goes first
};

constexpr CgroupFiles kVersion2 = {.source = "cgroup v2",
                                   .controller = "",
                                   .mount = "sys/fs/cgroup",
                                   .limit = "memory.max",
                                   .usage = "memory.current",
                                   .reclaimable = "inactive_file"};
constexpr CgroupFiles kVersion1 = {.source = "cgroup v1",
                                   .controller = "memory",
                                   .mount = "sys/fs/cgroup/memory",
                                   .limit = "memory.limit_in_bytes",
                                   .usage = "memory.usage_in_bytes",
                                   .reclaimable = "total_inactive_file"};

/// Empty when it cannot be read. Sizes in /proc are not known before.
std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Memory {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;
};

/// The tightest limit on the way from this process's cgroup to the root, with the usage there. A container may see
/// only the top of that way.
std::optional<Memory> cgroup_memory(const std::filesystem::path& root, const CgroupFiles& files) {
  const std::optional<std::string> path = parse_cgroup_path(read_text(root / "proc/self/cgroup"), files.controller);
  if (!path) return std::nullopt;
  const std::filesystem::path mount = root / files.mount;
  std::optional<Memory> tightest;
  std::filesystem::path group = std::filesystem::path(*path).relative_path().lexically_normal();
  for (;;) {
    const std::filesystem::path folder = mount / group;
    const std::optional<std::uint64_t> limit = parse_bytes(read_text(folder / files.limit));
    const std::optional<std::uint64_t> usage = parse_bytes(read_text(folder / files.usage));
    if (limit && usage && (!tightest || *limit < tightest->total_bytes)) {
      const std::uint64_t cache = parse_counter(read_text(folder / "memory.stat"), files.reclaimable).value_or(0);
      tightest = Memory{.total_bytes = *limit, .used_bytes = *usage - std::min(*usage, cache)};
    }
    if (group.empty() || group == ".") return tightest;
    group = group.parent_path();
  }
}

void sample_memory(const std::filesystem::path& root, SystemStatus& status) {
  const std::optional<MemInfo> machine = parse_meminfo(read_text(root / "proc/meminfo"));
  for (const CgroupFiles& files : {kVersion2, kVersion1}) {
    const std::optional<Memory> group = cgroup_memory(root, files);
    if (!group || group->total_bytes > (machine ? machine->total_bytes : kNoLimit)) continue;
    status.memory_total_bytes = group->total_bytes;
    status.memory_used_bytes = group->used_bytes;
    status.memory_source = files.source;
    return;
  }
  if (!machine) return;
  status.memory_total_bytes = machine->total_bytes;
  status.memory_used_bytes = machine->total_bytes - machine->available_bytes;
  status.memory_source = "/proc/meminfo";
}

}  // namespace

Sampler::Sampler(std::filesystem::path root)
    : root_(std::move(root)), earlier_(parse_cpu_times(read_text(root_ / "proc/stat"))) {}

void Sampler::sample(SystemStatus& status) {
  sample_memory(root_, status);
  status.process_rss_bytes =
      parse_kb_line(read_text(root_ / "proc/self/status"), "VmRSS").value_or(status.process_rss_bytes);
  status.cpu_percent = cpu_percent();
  status.cpu_count = static_cast<int>(std::thread::hardware_concurrency());
}

double Sampler::cpu_percent() {
  const std::optional<CpuTimes> now = parse_cpu_times(read_text(root_ / "proc/stat"));
  const MutexLock lock(mutex_);
  if (!now) return percent_;
  if (earlier_ && now->total < earlier_->total + kMinTicks) return percent_;
  if (earlier_) {
    const double busy = static_cast<double>(now->busy) - static_cast<double>(earlier_->busy);
    const double total = static_cast<double>(now->total) - static_cast<double>(earlier_->total);
    percent_ = std::clamp(100 * busy / total, 0.0, 100.0);
  }
  earlier_ = now;
  return percent_;
}

}  // namespace voxlate::health
