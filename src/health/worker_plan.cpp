#include "health/worker_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace voxlate::health {
namespace {

constexpr double kGibibyte = 1024.0 * 1024 * 1024;
constexpr std::size_t kLeastJobs = 20;
constexpr std::size_t kLeastCounts = 3;
constexpr double kLeastExplained = 0.3;

/// What a worker is reckoned to take between the low and the high threshold, where nothing better is known.
constexpr auto kUsualWorkerBytes = static_cast<std::uint64_t>(1.2 * kGibibyte);

/// A file is cut into pieces of which each worker should have some.
constexpr std::uint64_t kBytesOfWorker = std::uint64_t{8} << 20U;

using Row = std::array<double, 4>;

/// Solves three equations by elimination; nothing when they are (nearly) dependent.
std::optional<std::array<double, 3>> solve(std::array<Row, 3> rows) {
  constexpr double kNothing = 1e-9;
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t pivot = i;
    for (std::size_t j = i + 1; j < 3; ++j) {
      if (std::abs(rows.at(j).at(i)) > std::abs(rows.at(pivot).at(i))) pivot = j;
    }
    std::swap(rows.at(i), rows.at(pivot));
    if (std::abs(rows.at(i).at(i)) < kNothing) return std::nullopt;
    for (std::size_t j = 0; j < 3; ++j) {
      if (j == i) continue;
      const double factor = rows.at(j).at(i) / rows.at(i).at(i);
      for (std::size_t k = i; k < 4; ++k) rows.at(j).at(k) -= factor * rows.at(i).at(k);
    }
  }
  return std::array{rows[0][3] / rows[0][0], rows[1][3] / rows[1][1], rows[2][3] / rows[2][2]};
}

struct Sample {
  double workers = 0;
  double speed = 0;
};

/// a + b w + c w², by the normal equations.
std::optional<std::array<double, 3>> fit_parabola(const std::vector<Sample>& samples) {
  std::array<double, 5> powers{};
  std::array<double, 3> products{};
  for (const Sample& sample : samples) {
    double power = 1;
    for (std::size_t i = 0; i < powers.size(); ++i, power *= sample.workers) {
      powers.at(i) += power;
      if (i < products.size()) products.at(i) += power * sample.speed;
    }
  }
  std::array<Row, 3> rows{};
  for (std::size_t i = 0; i < 3; ++i) rows.at(i) = {powers.at(i), powers.at(i + 1), powers.at(i + 2), products.at(i)};
  return solve(rows);
}

double value_at(const std::array<double, 3>& parabola, double workers) {
  return parabola[0] + workers * (parabola[1] + workers * parabola[2]);
}

double explained_by(const std::array<double, 3>& parabola, const std::vector<Sample>& samples) {
  double mean = 0;
  for (const Sample& sample : samples) mean += sample.speed / static_cast<double>(samples.size());
  double all = 0;
  double left = 0;
  for (const Sample& sample : samples) {
    all += std::pow(sample.speed - mean, 2);
    left += std::pow(sample.speed - value_at(parabola, sample.workers), 2);
  }
  return all <= 0 ? 0 : std::clamp(1 - left / all, 0.0, 1.0);
}

int by_memory(const WorkerFacts& facts, const WorkerLimits& limits, WorkerPlan& plan, int workers) {
  if (facts.free_bytes == 0) return workers;
  const double free_gib = static_cast<double>(facts.free_bytes) / kGibibyte;
  if (facts.free_bytes < limits.low_memory_bytes) {
    plan.reasons.push_back(fmt::format("Only {:.1f} GiB of memory are free, less than {:.0f}: the least, {}.", free_gib,
                                       static_cast<double>(limits.low_memory_bytes) / kGibibyte, limits.least));
    return std::min(workers, limits.least);
  }
  const bool plenty = facts.free_bytes >= limits.high_memory_bytes;
  if (plenty && facts.model_bytes == 0) return workers;
  const std::uint64_t each = facts.model_bytes > 0 ? facts.model_bytes : kUsualWorkerBytes;
  const auto fitting = static_cast<int>(
      std::min(static_cast<double>(facts.free_bytes) * limits.safety_factor / static_cast<double>(each),
               static_cast<double>(limits.most)));
  if (fitting >= workers) return workers;
  plan.reasons.push_back(fmt::format("{:.0f} % of {:.1f} GiB of free memory are enough for {} of {:.1f} GiB.",
                                     100 * limits.safety_factor, free_gib, fitting,
                                     static_cast<double>(each) / kGibibyte));
  return fitting;
}

int by_file(const WorkerFacts& facts, WorkerPlan& plan, int workers) {
  if (facts.file_bytes == 0) return workers;
  const auto useful = static_cast<int>(
      std::min<std::uint64_t>(1 + facts.file_bytes / kBytesOfWorker, static_cast<std::uint64_t>(workers)));
  if (useful >= workers) return workers;
  plan.reasons.push_back(fmt::format("A usual file has {:.0f} MB, which keeps no more than {} busy.",
                                     static_cast<double>(facts.file_bytes) / 1e6, useful));
  return useful;
}

}  // namespace

std::optional<WorkerTrend> worker_trend(const std::vector<JobRecord>& jobs) {
  std::vector<Sample> samples;
  std::set<int> counts;
  for (const JobRecord& job : jobs) {
    if (job.workers <= 0 || job.wall.count() <= 0 || job.media.count() <= 0) continue;
    samples.push_back({.workers = static_cast<double>(job.workers),
                       .speed = static_cast<double>(job.media.count()) / static_cast<double>(job.wall.count())});
    counts.insert(job.workers);
  }
  if (samples.size() < kLeastJobs || counts.size() < kLeastCounts) return std::nullopt;
  const std::optional<std::array<double, 3>> parabola = fit_parabola(samples);
  if (!parabola) return std::nullopt;
  WorkerTrend trend{.jobs = static_cast<int>(samples.size()), .explained = explained_by(*parabola, samples)};
  if (trend.explained < kLeastExplained) return std::nullopt;
  for (int workers = *counts.begin(); workers <= *counts.rbegin(); ++workers) {
    const double speed = value_at(*parabola, workers);
    if (trend.best_workers != 0 && speed <= trend.best_speed) continue;
    trend.best_workers = workers;
    trend.best_speed = speed;
  }
  return trend;
}

WorkerPlan plan_workers(const WorkerFacts& facts, const WorkerLimits& limits) {
  WorkerPlan plan;
  int workers = limits.usual;
  if (facts.cores > 0) {
    workers = std::min(facts.cores, limits.most);
    plan.reasons.push_back(fmt::format("There are {} cores.", facts.cores));
  } else {
    plan.reasons.push_back(fmt::format("The number of cores is not known: {} as usual.", workers));
  }
  if (facts.trend) {
    workers = std::min(workers, facts.trend->best_workers);
    plan.reasons.push_back(
        fmt::format("The last {} jobs were fastest with {}.", facts.trend->jobs, facts.trend->best_workers));
  }
  workers = by_memory(facts, limits, plan, workers);
  workers = by_file(facts, plan, workers);
  plan.workers = std::clamp(workers, limits.least, limits.most);
  if (plan.workers != workers) {
    plan.reasons.push_back(
        fmt::format("At {} are {}, as configured.", workers < limits.least ? "least" : "most", plan.workers));
  }
  return plan;
}

std::string worker_line(const WorkerPlan& plan, const WorkerFacts& facts) {
  return fmt::format("Optimal workers calculated: {} (based on {} cores, {:.0f}GB available)", plan.workers,
                     facts.cores, static_cast<double>(facts.free_bytes) / kGibibyte);
}

}  // namespace voxlate::health
