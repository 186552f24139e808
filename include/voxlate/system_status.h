#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/cache.h"
#include "voxlate/memory_watch.h"
#include "voxlate/performance.h"
#include "voxlate/resource_sample.h"
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

/// A queued job that would be next, if there were room for it.
struct ResourceWait {
  std::string job_id;
  std::string reason;  ///< "memory", "processor"
  std::uint64_t needs_bytes = 0;
  std::uint64_t free_bytes = 0;  ///< of memory, for jobs
  double memory_percent = 0;
};

/// What the server is and does at one moment.
struct SystemStatus {
  ResourceSample resources;
  MemoryWatch memory_watch;
  std::vector<ModelInMemory> models;
  int workers_total = 0;  ///< jobs that may run at once
  int workers_active = 0;
  WorkerFigures stage_workers{};  ///< tasks of the stages of those jobs
  std::vector<Alert> alerts{};
  std::optional<MediaSandbox> media_sandbox{};  ///< absent: uploads are read within the server
  std::chrono::seconds uptime{};
  std::vector<std::pair<std::string, std::string>> versions;  ///< of the product and its libraries
};

}  // namespace voxlate
