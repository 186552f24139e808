#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "voxlate/metrics_store.h"

namespace voxlate::health {

/// What finished jobs teach about the number of workers: a parabola through (workers, media per wall time) by least
/// squares, as far as there is enough to learn from.
struct WorkerTrend {
  int best_workers = 0;   ///< where the parabola is highest within what was tried
  int jobs = 0;           ///< that it is made of
  double explained = 0;   ///< share of the variance that it explains, in [0, 1]
  double best_speed = 0;  ///< seconds of media in a second, with `best_workers`
};

/// Nothing with fewer than 20 jobs, fewer than 3 numbers of workers, or where the numbers of workers explain little.
std::optional<WorkerTrend> worker_trend(const std::vector<JobRecord>& jobs);

/// What the plan is made of. Zeros are unknown.
struct WorkerFacts {
  int cores = 0;
  std::uint64_t total_bytes = 0;  ///< of memory
  std::uint64_t free_bytes = 0;
  std::uint64_t file_bytes = 0;   ///< of a usual source
  std::uint64_t model_bytes = 0;  ///< that one more worker takes
  std::optional<WorkerTrend> trend{};
};

struct WorkerLimits {
  int least = 2;
  int usual = 6;  ///< where nothing is known
  int most = 16;
  std::uint64_t low_memory_bytes = std::uint64_t{4} << 30U;    ///< less free: the least
  std::uint64_t high_memory_bytes = std::uint64_t{16} << 30U;  ///< more free: memory is no reason
  double safety_factor = 0.8;                                  ///< of free memory
};

struct WorkerPlan {
  int workers = 0;
  std::vector<std::string> reasons;  ///< sentences, the deciding one last
};

/// How many tasks of stages are best run at once. Pure.
WorkerPlan plan_workers(const WorkerFacts& facts, const WorkerLimits& limits);

/// "Optimal workers calculated: 8 (based on 14 cores, 12GB available)".
std::string worker_line(const WorkerPlan& plan, const WorkerFacts& facts);

}  // namespace voxlate::health
