#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voxlate::health {

/// Parsers of the kernel's text files. Pure; nothing when the text is not as expected.

/// `/proc/meminfo`.
struct MemInfo {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
};
std::optional<MemInfo> parse_meminfo(std::string_view text);

/// First line of `/proc/stat`, in clock ticks of all processors together.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
};
std::optional<CpuTimes> parse_cpu_times(std::string_view text);

/// Ticks that this process has computed, of `/proc/self/stat`.
std::optional<std::uint64_t> parse_process_ticks(std::string_view text);

/// Bytes that went in and out so far.
struct Transferred {
  std::uint64_t in = 0;   ///< read from disks, received from the network
  std::uint64_t out = 0;  ///< written, sent

  bool operator==(const Transferred&) const = default;
};

/// All disks of `/proc/diskstats` together; partitions and devices that lie on others (loop, dm, md, …) are left out,
/// since their bytes are counted where they lie.
std::optional<Transferred> parse_disk_bytes(std::string_view text);

/// All interfaces of `/proc/net/dev` together but loopback.
std::optional<Transferred> parse_network_bytes(std::string_view text);

/// Share of the last 10 seconds in which something waited, of a file of `/proc/pressure`; in percent.
std::optional<double> parse_stall_percent(std::string_view text);

/// Bytes of a line `name:   123 kB`, as in `/proc/self/status`.
std::optional<std::uint64_t> parse_kb_line(std::string_view text, std::string_view name);

/// Value of a line `name 123`, as in `memory.stat`.
std::optional<std::uint64_t> parse_counter(std::string_view text, std::string_view name);

/// A limit or a usage: one number; nothing for `max`.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

/// The path of this process in `/proc/self/cgroup`: of the unified hierarchy when `controller` is empty (`0::/a/b`),
/// else of the v1 hierarchy with that controller (`5:cpu,memory:/a/b`).
std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller);

}  // namespace voxlate::health
