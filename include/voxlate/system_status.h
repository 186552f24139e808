#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/cache.h"
#include "voxlate/transcriber.h"
#include "voxlate/translator.h"

namespace voxlate {

/// What this installation can do, as offered to clients and checked at submission.
struct Capabilities {
  std::vector<TranscriberInfo> engines;  ///< best first
  std::vector<TranslationRoute> routes;
  std::vector<std::string> formats;
  std::vector<std::string> profiles;
};

/// A model in memory.
struct ModelInMemory {
  std::string id;
  std::string engine;        ///< `TranscriberInfo::id`
  std::string device;        ///< "cpu", "cuda:0"
  std::string compute_type;  ///< as it was asked for: "auto", "float32", …
  std::uint64_t size_bytes = 0;
  std::chrono::seconds idle{};  ///< since it was last taken
  bool in_use = false;
};

struct GpuStatus {
  int index = 0;
  std::string name;
  std::string driver;
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_used_bytes = 0;
  std::optional<int> load_percent{};
  std::optional<int> temperature_c{};
};

/// A cache as it is shown to people.
struct CacheReport {
  std::string name;  ///< what it holds: "results", "translations"
  std::string type;  ///< "memory", "file", "redis"
  CacheStats stats;

  /// How it stands with a server that holds it.
  struct Connection {
    bool connected = false;  ///< the last call was answered
    std::string breaker;     ///< "closed", "open", "half_open": whether it is asked at all
  };
  std::optional<Connection> connection{};
};

/// The walls around the processes that read uploads.
struct MediaSandbox {
  int landlock_abi = 0;  ///< 0: the kernel has no Landlock
  bool seccomp = false;
  bool namespaces = false;
};

/// One look at the machine and the process. Absent figures are unknown here, not zero.
struct SystemStatus {
  std::uint64_t memory_total_bytes = 0;  ///< of the cgroup where it limits, else of the machine
  std::uint64_t memory_used_bytes = 0;
  std::string memory_source;  ///< "cgroup v2", "cgroup v1", "/proc/meminfo"
  std::uint64_t process_rss_bytes = 0;
  double cpu_percent = 0;  ///< of the whole machine since the look before
  int cpu_count = 0;
  std::uint64_t disk_free_bytes = 0;  ///< where the data folder lies
  std::uint64_t disk_total_bytes = 0;
  std::vector<ModelInMemory> models;
  std::vector<GpuStatus> gpus;
  int workers_total = 0;  ///< jobs that may run at once
  int workers_active = 0;
  std::optional<MediaSandbox> media_sandbox{};  ///< absent: uploads are read within the server
  std::chrono::seconds uptime{};
  std::vector<std::pair<std::string, std::string>> versions;  ///< of the product and its libraries
};

}  // namespace voxlate
