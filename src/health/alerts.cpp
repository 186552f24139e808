#include "health/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"

namespace voxlate::health {
namespace {

constexpr std::string_view kStagePrefix = "stage:";
constexpr double kMegabyte = 1e6;

/// Stages that wait for others: how long they take says nothing about this machine.
constexpr std::array<std::string_view, 3> kWaitingStages = {"receive", "read", "job"};

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / kMegabyte; }

}  // namespace

void Alerts::observe(const ResourceSample& sample) {
  if (!options_.enabled) return;
  Changes changes;
  {
    const MutexLock lock(mutex_);
    const auto check = [&](Alert alert, bool above, std::chrono::seconds raise_after)
                           REQUIRES(mutex_) { judge(std::move(alert), above, raise_after, sample.at, changes); };
    const double memory = memory_percent(sample);
    check({.id = "memory",
           .kind = "memory",
           .value = memory,
           .limit = options_.memory_percent,
           .message = fmt::format("Memory use is {:.0f} %, above {:.0f} %.", memory, options_.memory_percent)},
          memory > options_.memory_percent, options_.raise_after);
    check({.id = "cpu",
           .kind = "cpu",
           .value = sample.cpu_percent,
           .limit = options_.cpu_percent,
           .message = fmt::format("The processor is {:.0f} % busy, above {:.0f} %.", sample.cpu_percent,
                                  options_.cpu_percent)},
          sample.cpu_percent > options_.cpu_percent, options_.raise_after);
    const double io = sample.disk_read_bytes_per_s.value_or(0) + sample.disk_written_bytes_per_s.value_or(0);
    const auto io_limit = static_cast<double>(options_.disk_bytes_per_s);
    check({.id = "disk_io",
           .kind = "disk_io",
           .value = io,
           .limit = io_limit,
           .message =
               fmt::format("The disks move {:.0f} MB/s, above {:.0f} MB/s.", io / kMegabyte, io_limit / kMegabyte)},
          io > io_limit, options_.disk_raise_after);
    if (sample.disk_total_bytes > 0) {
      check({.id = "disk_space",
             .kind = "disk_space",
             .value = static_cast<double>(sample.disk_free_bytes),
             .limit = static_cast<double>(options_.disk_free_bytes),
             .message = fmt::format("The data folder's disk has {:.0f} MB left, less than {:.0f} MB.",
                                    megabytes(sample.disk_free_bytes), megabytes(options_.disk_free_bytes))},
            sample.disk_free_bytes < options_.disk_free_bytes, options_.raise_after);
    }
    for (const GpuStatus& gpu : sample.gpus) {
      if (gpu.memory_total_bytes == 0) continue;
      const double percent =
          100.0 * static_cast<double>(gpu.memory_used_bytes) / static_cast<double>(gpu.memory_total_bytes);
      check({.id = fmt::format("gpu{}_memory", gpu.index),
             .kind = "gpu_memory",
             .value = percent,
             .limit = options_.gpu_memory_percent,
             .message = fmt::format("Memory use of GPU {} is {:.0f} %, above {:.0f} %.", gpu.index, percent,
                                    options_.gpu_memory_percent)},
            percent > options_.gpu_memory_percent, options_.raise_after);
    }
    end_stages(sample.at, changes);
  }
  tell(changes);
}

void Alerts::note_stage(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media,
                        TimePoint now) {
  if (!options_.enabled || wall <= options_.stage_seconds) return;
  if (std::ranges::find(kWaitingStages, stage) != kWaitingStages.end()) return;
  const double limit = static_cast<double>(options_.stage_seconds.count()) +
                       options_.stage_real_time_factor * std::chrono::duration<double>(media).count();
  const double took = seconds_of(wall);
  if (took <= limit) return;
  Changes changes;
  {
    const MutexLock lock(mutex_);
    judge({.id = std::string(kStagePrefix).append(stage),
           .kind = "stage",
           .value = took,
           .limit = limit,
           .message = fmt::format("A run of the stage {} took {:.1f} s, more than {:.1f} s.", stage, took, limit)},
          /*above=*/true, std::chrono::seconds(0), now, changes);
  }
  tell(changes);
}

/// Takes in one figure. The message of a raised alert is that of its last figure above the limit.
void Alerts::judge(Alert now, bool above, std::chrono::seconds raise_after, TimePoint at, Changes& changes) {
  auto [entry, is_new] = watched_.try_emplace(now.id);
  Watched& watched = entry->second;
  if (above == watched.raised) {
    watched.crossing = false;
    if (!above) return;
    now.since = watched.alert.since;
    watched.alert = std::move(now);
    watched.changed_at = at;  // of a stage: its last run above the limit
    return;
  }
  if (!watched.crossing) {
    watched.crossing = true;
    watched.changed_at = at;
  }
  if (at - watched.changed_at < (above ? raise_after : options_.end_after)) return;
  watched.crossing = false;
  watched.raised = above;
  if (above) {
    now.since = watched.changed_at;
    watched.alert = std::move(now);
    watched.changed_at = at;
    ++raised_;
  }
  changes.emplace_back(watched.alert, !above);
}

/// Nothing tells that a stage is within its limit again but that it was not above it for a while.
void Alerts::end_stages(TimePoint at, Changes& changes) {
  for (auto& [id, watched] : watched_) {
    if (!id.starts_with(kStagePrefix) || !watched.raised || at - watched.changed_at < options_.end_after) continue;
    watched.raised = false;
    changes.emplace_back(watched.alert, true);
  }
}

void Alerts::tell(const Changes& changes) const {
  for (const auto& change : changes) {
    const Alert& alert = change.first;
    const bool ended = change.second;
    if (ended) {
      log::info("alert ended", {{"id", alert.id}});
    } else {
      log::warning("alert raised", {{"id", alert.id},
                                    {"value", fmt::format("{:.1f}", alert.value)},
                                    {"limit", fmt::format("{:.1f}", alert.limit)},
                                    {"what", alert.message}});
    }
    if (told_) told_(alert, ended);
  }
}

std::vector<Alert> Alerts::active() const {
  std::vector<Alert> all;
  const MutexLock lock(mutex_);
  for (const auto& [id, watched] : watched_) {
    if (watched.raised) all.push_back(watched.alert);
  }
  return all;
}

std::uint64_t Alerts::raised() const {
  const MutexLock lock(mutex_);
  return raised_;
}

}  // namespace voxlate::health
