#pragma once

#include <cstdint>
#include <vector>

#include "health/worker_plan.h"
#include "voxlate/performance.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// What advice is given from: the machine, what the server did lately, and the settings that matter.
struct AdvisorFacts {
  ResourceSample sample;
  double memory_release_percent = 85;  ///< from here the watchdog frees memory
  double recent_memory_percent = 0;    ///< means of the last quarter of an hour
  double recent_cpu_percent = 0;
  std::uint64_t idle_model_bytes = 0;  ///< of models in memory that nobody uses
  std::uint64_t model_bytes = 0;       ///< of all models in memory
  std::vector<StageFigures> stages;
  WorkerFigures workers;
  WorkerPlan plan;
  std::uint64_t memory_releases = 0;  ///< since the start

  bool production = true;
  bool watchdog = true;
  bool estimates_jobs = true;
  bool has_cuda = false;   ///< a device that this build can use
  bool uses_cuda = false;  ///< the recogniser is set to run on it
  int max_concurrent_jobs = 3;
  int max_loaded_models = 1;
  int compute_threads = 0;  ///< as configured; 0: one a core
  int worker_count = 0;     ///< as configured; 0: by the plan
  int most_workers = 16;
  int translation_cache_mb = 32;
  int models_idle_s = 300;  ///< 0: models stay in memory
};

/// What would make the server faster or smaller, the weightiest first. Pure; takes well below a millisecond.
std::vector<Recommendation> advise(const AdvisorFacts& facts);

/// Ids of what `Performance::optimize` can do.
inline constexpr std::string_view kFreeMemoryAdvice = "free-memory";
inline constexpr std::string_view kWorkerPlanAdvice = "follow-worker-plan";

}  // namespace voxlate::health
