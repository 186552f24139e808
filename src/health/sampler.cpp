#include "health/sampler.h"

#include <unistd.h>

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

void set_memory(ResourceSample& sample, const Memory& memory, const char* source) {
  sample.memory_total_bytes = memory.total_bytes;
  sample.memory_used_bytes = memory.used_bytes;
  sample.memory_source = source;
}

/// Where neither a cgroup nor /proc/meminfo can be seen: all that is mounted, of which others use a quarter.
Memory estimated_memory(std::uint64_t process_rss_bytes) {
  constexpr std::uint64_t kOthers = 4;
  const auto pages = static_cast<std::uint64_t>(std::max(sysconf(_SC_PHYS_PAGES), 0L));
  const auto page_bytes = static_cast<std::uint64_t>(std::max(sysconf(_SC_PAGESIZE), 0L));
  const std::uint64_t total = pages * page_bytes;
  return {.total_bytes = total, .used_bytes = std::min(total, total / kOthers + process_rss_bytes)};
}

void look_at_memory(const std::filesystem::path& root, ResourceSample& sample) {
  sample.process_rss_bytes = parse_kb_line(read_text(root / "proc/self/status"), "VmRSS").value_or(0);
  const std::optional<MemInfo> machine = parse_meminfo(read_text(root / "proc/meminfo"));
  for (const CgroupFiles& files : {kVersion2, kVersion1}) {
    const std::optional<Memory> group = cgroup_memory(root, files);
    if (!group || group->total_bytes > (machine ? machine->total_bytes : kNoLimit)) continue;
    return set_memory(sample, *group, files.source);
  }
  if (!machine) return set_memory(sample, estimated_memory(sample.process_rss_bytes), "estimate");
  set_memory(sample,
             {.total_bytes = machine->total_bytes, .used_bytes = machine->total_bytes - machine->available_bytes},
             "/proc/meminfo");
}

double share_percent(std::uint64_t part_before, std::uint64_t part, std::uint64_t whole) {
  if (part <= part_before || whole == 0) return 0;
  return std::min(100.0 * static_cast<double>(part - part_before) / static_cast<double>(whole), 100.0);
}

std::optional<double> rate(std::optional<std::uint64_t> before, std::optional<std::uint64_t> now, double seconds) {
  if (!before || !now || *now < *before || seconds <= 0) return std::nullopt;
  return static_cast<double>(*now - *before) / seconds;
}

using Direction = std::uint64_t Transferred::*;

std::optional<std::uint64_t> bytes_of(const std::optional<Transferred>& transferred, Direction direction) {
  if (!transferred) return std::nullopt;
  return *transferred.*direction;
}

}  // namespace

Sampler::Sampler(Options options)
    : root_(std::move(options.root)), limit_bytes_(options.limit_bytes), cpu_earlier_(count()) {}

ResourceSample Sampler::look(TimePoint now) {
  ResourceSample sample{.at = now};
  look_at_memory(root_, sample);
  const ResourceSample own{.memory_total_bytes = limit_bytes_, .memory_used_bytes = sample.process_rss_bytes};
  if (memory_percent(own) > memory_percent(sample)) {
    set_memory(sample, {.total_bytes = limit_bytes_, .used_bytes = sample.process_rss_bytes}, "limit");
  }
  sample.cpu_count = static_cast<int>(std::thread::hardware_concurrency());
  sample.memory_stall_percent = parse_stall_percent(read_text(root_ / "proc/pressure/memory"));
  sample.io_stall_percent = parse_stall_percent(read_text(root_ / "proc/pressure/io"));
  const Counters counters = count();
  const MutexLock lock(mutex_);
  set_cpu(counters, sample);
  set_rates(counters, sample);
  return sample;
}

Sampler::Counters Sampler::count() const {
  return {.cpu = parse_cpu_times(read_text(root_ / "proc/stat")),
          .process_ticks = parse_process_ticks(read_text(root_ / "proc/self/stat")),
          .disk = parse_disk_bytes(read_text(root_ / "proc/diskstats")),
          .network = parse_network_bytes(read_text(root_ / "proc/net/dev"))};
}

void Sampler::set_cpu(const Counters& now, ResourceSample& sample) {
  const std::optional<CpuTimes>& before = cpu_earlier_.cpu;
  if (now.cpu && (!before || now.cpu->total >= before->total + kMinTicks)) {
    if (before) {
      const std::uint64_t total = now.cpu->total - before->total;
      cpu_percent_ = share_percent(before->busy, now.cpu->busy, total);
      process_cpu_percent_ =
          share_percent(cpu_earlier_.process_ticks.value_or(0), now.process_ticks.value_or(0), total);
    }
    cpu_earlier_ = now;
  }
  sample.cpu_percent = cpu_percent_;
  sample.process_cpu_percent = process_cpu_percent_;
}

void Sampler::set_rates(const Counters& now, ResourceSample& sample) {
  if (earlier_at_) {
    const double seconds = std::chrono::duration<double>(sample.at - *earlier_at_).count();
    const auto rate_of = [&](std::optional<Transferred> Counters::*counter, Direction direction) {
      return rate(bytes_of(earlier_.*counter, direction), bytes_of(now.*counter, direction), seconds);
    };
    sample.disk_read_bytes_per_s = rate_of(&Counters::disk, &Transferred::in);
    sample.disk_written_bytes_per_s = rate_of(&Counters::disk, &Transferred::out);
    sample.network_received_bytes_per_s = rate_of(&Counters::network, &Transferred::in);
    sample.network_sent_bytes_per_s = rate_of(&Counters::network, &Transferred::out);
  }
  earlier_ = now;
  earlier_at_ = sample.at;
}

}  // namespace voxlate::health
