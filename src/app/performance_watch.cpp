#include "app/performance_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "app/whisper_network.h"
#include "base/log.h"
#include "config/settings.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr int kJobsToLearnFrom = 200;
constexpr std::size_t kMostNewMarks = 1000;
constexpr std::chrono::minutes kRecent{15};
constexpr std::chrono::hours kTuneEvery{1};
constexpr double kGibibyte = 1024.0 * 1024 * 1024;

/// The settings that make the server faster or smaller. An address may hold a password, so none is among them.
struct TuningKeys {
  std::string_view prefix;
  std::string_view group;
};
constexpr std::array kTuningKeys = {
    TuningKeys{"memory.", "memory"},
    TuningKeys{"models.max_loaded", "memory"},
    TuningKeys{"models.idle_seconds", "memory"},
    TuningKeys{"jobs.max_c", "cpu"},
    TuningKeys{"whisper.", "cpu"},
    TuningKeys{"sphinx.decoders", "cpu"},
    TuningKeys{"translation.device", "cpu"},
    TuningKeys{"translation.compute_type", "cpu"},
    TuningKeys{"translation.beam_size", "cpu"},
    TuningKeys{"translation.max_sentences", "cpu"},
    TuningKeys{"translation.cache", "cache"},
    TuningKeys{"cache.", "cache"},
    TuningKeys{"workers.", "threading"},
    TuningKeys{"server.request_threads", "threading"},
    TuningKeys{"media.worker", "media"},
    TuningKeys{"monitoring.", "monitoring"},
    TuningKeys{"performance.", "monitoring"},
    TuningKeys{"alerts.enabled", "monitoring"},
};

std::string_view group_of(std::string_view key) {
  if (key.find("url") != std::string_view::npos || key.find("program") != std::string_view::npos) return {};
  const auto* const found =
      std::ranges::find_if(kTuningKeys, [key](const TuningKeys& keys) { return key.starts_with(keys.prefix); });
  return found == kTuningKeys.end() ? std::string_view() : found->group;
}

std::optional<bool> switched_on(std::string_view key, std::string_view value) {
  if (value == "true" || value == "false") return value == "true";
  if (key == "translation.cache_mb" || key == "models.idle_seconds") return value != "0";
  return std::nullopt;
}

health::Alerts::Options alert_options(const Config& config) {
  return {.enabled = config.monitoring && config.alerts,
          .memory_percent = config.alert_memory_percent,
          .cpu_percent = config.alert_cpu_percent,
          .gpu_memory_percent = config.alert_gpu_memory_percent,
          .disk_bytes_per_s = config.alert_disk_bytes_per_second,
          .disk_free_bytes = config.alert_disk_free_bytes,
          .raise_after = config.alert_raise_time,
          .disk_raise_after = config.alert_disk_time,
          .end_after = config.alert_end_time,
          .stage_seconds = config.alert_stage_time,
          .stage_real_time_factor = config.alert_stage_real_time_factor};
}

std::uint64_t bytes_of(double gib) { return static_cast<std::uint64_t>(gib * kGibibyte); }

std::string megabytes(std::uint64_t bytes) { return fmt::format("{}MB", bytes / 1'000'000); }

std::chrono::milliseconds wall_of(const std::map<std::string, std::chrono::nanoseconds, std::less<>>& walls,
                                  std::string_view stage) {
  const auto found = walls.find(stage);
  return found == walls.end() ? std::chrono::milliseconds(0)
                              : std::chrono::duration_cast<std::chrono::milliseconds>(found->second);
}

/// Weighted by their samples; nothing when no point knows it.
std::optional<double> mean_of(const std::vector<MetricsPoint>& points, Metric metric) {
  MetricsSum sum;
  for (const MetricsPoint& point : points) sum.add(point);
  const float mean = sum.point({}).mean.at(static_cast<std::size_t>(metric));
  return std::isnan(mean) ? std::nullopt : std::optional<double>(mean);
}

}  // namespace

health::WorkerLimits worker_limits(const Config& config) {
  if (config.workers_min > config.workers_default || config.workers_default > config.workers_max) {
    throw Error(ErrorCode::kInvalidInput, fmt::format("workers: expected min <= default <= max, got {}, {}, {}",
                                                      config.workers_min, config.workers_default, config.workers_max));
  }
  return {.least = config.workers_min,
          .usual = config.workers_default,
          .most = config.workers_max,
          .low_memory_bytes = bytes_of(config.workers_low_memory_gb),
          .high_memory_bytes = bytes_of(config.workers_high_memory_gb),
          .safety_factor = config.memory_safety_factor};
}

health::WorkerFacts worker_facts(const ResourceSample& sample) {
  const std::uint64_t used = std::min(sample.memory_used_bytes, sample.memory_total_bytes);
  return {.cores = sample.cpu_count,
          .total_bytes = sample.memory_total_bytes,
          .free_bytes = sample.memory_total_bytes - used};
}

PerformanceWatch::PerformanceWatch(const Config& config, Parts parts)
    : config_(config),
      parts_(std::move(parts)),
      saves_(config.monitoring && config.save_metrics),
      alerts_(alert_options(config),
              [this](const Alert& alert, bool ended) { mark(ended ? "alert ended" : "alert", alert.message); }),
      stage_times_([this](std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) {
        alerts_.note_stage(stage, wall, media, parts_.clock.now());
      }),
      stage_slots_(config.workers > 0 ? config.workers : worker_limits(config).usual),
      media_slots_(config.workers > 0 ? config.workers : worker_limits(config).usual),
      recorder_(parts_.metrics),
      follows_plan_(config.workers == 0 && config.monitoring),
      tuned_at_(parts_.clock.now()) {}

void PerformanceWatch::mark(std::string kind, std::string text) {
  if (!saves_) return;
  const MutexLock lock(mutex_);
  if (new_marks_.size() >= kMostNewMarks) return;  // the disk is full, perhaps
  new_marks_.push_back({.at = parts_.clock.now(), .kind = std::move(kind), .text = std::move(text)});
}

/// Clean-ups that were done since the last look.
void PerformanceWatch::mark_releases() {
  const MemoryWatch watch = parts_.memory_watch();
  std::vector<MemoryRelease> fresh;
  {
    const MutexLock lock(mutex_);
    const std::uint64_t count = std::min<std::uint64_t>(watch.releases - releases_seen_, watch.latest.size());
    releases_seen_ = watch.releases;
    fresh.assign(watch.latest.begin(), watch.latest.begin() + static_cast<std::ptrdiff_t>(count));
  }
  for (const MemoryRelease& release : fresh) {
    mark("release", fmt::format("{}: {} freed", release.cause, megabytes(release.freed_bytes)));
  }
}

/// Those that cannot be written are tried again a second later.
void PerformanceWatch::keep_marks() {
  while (true) {
    MetricsMark next;
    {
      const MutexLock lock(mutex_);
      if (new_marks_.empty()) return;
      next = new_marks_.front();
    }
    parts_.metrics.mark(next);
    const MutexLock lock(mutex_);
    new_marks_.erase(new_marks_.begin());
  }
}

void PerformanceWatch::observe(const ResourceSample& sample) {
  if (!config_.monitoring) return;
  alerts_.observe(sample);
  if (!saves_) return;
  mark_releases();
  recorder_.observe(sample, stage_slots_.figures().active + media_slots_.figures().active);
  keep_marks();
}

// --- workers ---

health::WorkerFacts PerformanceWatch::facts_of_workers() const {
  health::WorkerFacts facts = worker_facts(parts_.latest());
  if (!saves_) return facts;
  const std::vector<JobRecord> jobs = parts_.metrics.jobs(kJobsToLearnFrom);
  facts.trend = health::worker_trend(jobs);
  if (jobs.empty()) return facts;
  std::uint64_t bytes = 0;
  for (const JobRecord& job : jobs) bytes += job.source_bytes;
  facts.file_bytes = bytes / jobs.size() * static_cast<std::uint64_t>(config_.max_concurrent_jobs);
  return facts;
}

void PerformanceWatch::follow_plan(const health::WorkerPlan& plan, const health::WorkerFacts& facts) {
  if (stage_slots_.figures().limit == plan.workers && media_slots_.figures().limit == plan.workers) return;
  log::info(health::worker_line(plan, facts));
  mark("workers", fmt::format("{} workers: {}", plan.workers, plan.reasons.empty() ? "" : plan.reasons.back()));
  stage_slots_.set_limit(plan.workers);
  media_slots_.set_limit(plan.workers);
}

void PerformanceWatch::coordinate() {
  if (!config_.monitoring) return;
  const health::WorkerFacts facts = facts_of_workers();
  const health::WorkerPlan plan = health::plan_workers(facts, worker_limits(config_));
  {
    const MutexLock lock(mutex_);
    plan_ = plan;
  }
  if (follows_plan_) follow_plan(plan, facts);
  tune();
}

void PerformanceWatch::tune() {
  if (!config_.self_tuning) return;
  {
    const MutexLock lock(mutex_);
    if (parts_.clock.now() - tuned_at_ < kTuneEvery) return;
    tuned_at_ = parts_.clock.now();
  }
  OptimizeRequest request;
  for (const Recommendation& one : recommendations()) {
    if (one.can_apply) request.apply.push_back(one.id);
  }
  if (!request.apply.empty()) optimize(request);
}

WorkerFigures PerformanceWatch::workers() const {
  const health::AdaptiveSlots::Figures stages = stage_slots_.figures();
  const health::AdaptiveSlots::Figures media = media_slots_.figures();
  WorkerFigures figures{.limit = stages.limit,
                        .active = stages.active + media.active,
                        .waiting = stages.waiting + media.waiting,
                        .completed = stages.completed + media.completed,
                        .efficiency = stages.efficiency,
                        .reasons = {}};
  const MutexLock lock(mutex_);
  figures.reasons = follows_plan_ ? plan_.reasons : std::vector<std::string>{"As configured."};
  return figures;
}

// --- what jobs took ---

void PerformanceWatch::note_job(const Job& job, const health::JobTimes& times, int targets) {
  if (!saves_) return;
  const auto walls = times.walls();
  const ResourceSample sample = parts_.latest();
  try {
    parts_.metrics.add_job({.finished_at = parts_.clock.now(),
                            .engine = job.spec.engine,
                            .model = job.spec.model,
                            .source_bytes = job.media.size_bytes,
                            .media = job.media.duration,
                            .transcribe = wall_of(walls, "transcribe"),
                            .translate = wall_of(walls, "translate"),
                            .write = wall_of(walls, "layout") + wall_of(walls, "write"),
                            .wall = wall_of(walls, "job"),
                            .targets = targets,
                            .workers = stage_slots_.figures().limit,
                            .jobs_beside = std::max(sample.jobs_running - 1, 0),
                            .process_bytes = sample.process_rss_bytes});
  } catch (const Error& error) {
    log::warning("what a job took was not kept", {{"job_id", job.id}, {"why", error.what()}});  // the job is done
  }
}

MetricsHistory PerformanceWatch::history(std::chrono::seconds range) const {
  return health::read_history(parts_.metrics, range, parts_.clock.now(),
                              {.raw = config_.metrics_raw, .minutes = config_.metrics_minutes});
}

std::vector<MetricsPoint> PerformanceWatch::recent_points() const {
  if (!saves_) return {};
  const TimePoint now = parts_.clock.now();
  return parts_.metrics.points(MetricsStep::kRaw, now - kRecent, now);
}

// --- advice ---

health::AdvisorFacts PerformanceWatch::advisor_facts() const {
  health::AdvisorFacts facts;
  facts.sample = parts_.latest();
  const std::vector<MetricsPoint> recent = recent_points();
  facts.recent_memory_percent = mean_of(recent, Metric::kMemoryPercent).value_or(memory_percent(facts.sample));
  facts.recent_cpu_percent = mean_of(recent, Metric::kCpuPercent).value_or(facts.sample.cpu_percent);
  for (const ModelInMemory& model : parts_.models()) {
    facts.model_bytes += model.size_bytes;
    if (!model.in_use) facts.idle_model_bytes += model.size_bytes;
  }
  facts.stages = stages();
  facts.workers = workers();
  {
    const MutexLock lock(mutex_);
    facts.plan = plan_;
  }
  facts.memory_releases = parts_.memory_watch().releases;
  facts.memory_release_percent = config_.memory_release_percent;
  facts.production = config_.profile == Profile::kProduction;
  facts.watchdog = config_.memory_watchdog;
  facts.estimates_jobs = config_.memory_estimate_jobs;
  facts.uses_cuda = whisper_device(config_).kind == DeviceKind::kCuda;
  facts.has_cuda = facts.uses_cuda;  // "auto" takes it where this build can; only "cpu" keeps it from that
  if (config_.whisper_device == "cpu") {
    Config automatic = config_;
    automatic.whisper_device = "auto";
    facts.has_cuda = whisper_device(automatic).kind == DeviceKind::kCuda;
  }
  facts.max_concurrent_jobs = config_.max_concurrent_jobs;
  facts.max_loaded_models = loaded_models_limit(config_);
  facts.compute_threads = config_.whisper_threads;
  facts.worker_count = config_.workers;
  facts.most_workers = config_.workers_max;
  facts.translation_cache_mb = config_.translation_cache_mb;
  facts.models_idle_s = static_cast<int>(config_.models_idle_time.count());
  return facts;
}

std::vector<Recommendation> PerformanceWatch::recommendations() const { return health::advise(advisor_facts()); }

void PerformanceWatch::free_memory(bool aggressive, OptimizeResult& result) {
  result.release = parts_.release(aggressive ? ReleaseMode::kAggressive : ReleaseMode::kNormal);
  result.freed_bytes = result.release->freed_bytes;
  result.memory_percent_after = result.release->percent_after;
  result.done.push_back(fmt::format("Memory was cleaned: {} freed.", megabytes(result.freed_bytes)));
}

OptimizeResult PerformanceWatch::optimize(const OptimizeRequest& request) {
  OptimizeResult result;
  result.memory_percent_before = result.memory_percent_after = memory_percent(parts_.latest());
  if (request.force_memory_cleanup) free_memory(request.aggressive, result);
  const std::vector<Recommendation> current = recommendations();
  for (const std::string& id : request.apply) {
    const auto found = std::ranges::find(current, id, &Recommendation::id);
    if (found == current.end()) {
      result.refused.emplace_back(id, "There is no such recommendation now.");
    } else if (!found->can_apply) {
      const std::string why = found->setting ? fmt::format("Set {} = {} and start the server again.",
                                                           found->setting->key, found->setting->suggested)
                                             : "It is for a person to decide.";
      result.refused.emplace_back(id, why);
    } else if (id == health::kFreeMemoryAdvice) {
      if (!result.release) free_memory(request.aggressive, result);
    } else if (id == health::kWorkerPlanAdvice) {
      const health::WorkerFacts facts = facts_of_workers();
      const health::WorkerPlan plan = health::plan_workers(facts, worker_limits(config_));
      follows_plan_ = true;
      follow_plan(plan, facts);
      result.done.push_back(
          fmt::format("{} stage tasks run at once, until the server is started again.", plan.workers));
    }
  }
  log::info(fmt::format("Performance optimization completed - memory cleaned: {}", megabytes(result.freed_bytes)),
            {{"done", result.done.size()}, {"refused", result.refused.size()}});
  mark("optimization", fmt::format("{} done, {} freed", result.done.size(), megabytes(result.freed_bytes)));
  return result;
}

// --- what is in use ---

std::vector<SettingInUse> PerformanceWatch::settings() const {
  std::vector<SettingInUse> all;
  for (const Setting& setting : voxlate::settings()) {
    const std::string_view group = group_of(setting.key);
    if (group.empty()) continue;
    std::string value = setting.value.show(config_);
    const auto origin = config_.origins.find(setting.key);
    const std::optional<bool> on = switched_on(setting.key, value);
    all.push_back({.group = std::string(group),
                   .key = std::string(setting.key),
                   .value = std::move(value),
                   .origin = origin == config_.origins.end() ? "default" : origin->second,
                   .on = on});
  }
  return all;
}

std::vector<HolderFigures> PerformanceWatch::holders() const {
  std::vector<HolderFigures> all;
  for (const MemoryHolder& holder : parts_.holders()) {
    all.push_back({.name = holder.name,
                   .bytes = holder.bytes(),
                   .created = holder.created ? holder.created() : 0,
                   .freed = holder.freed ? holder.freed() : 0});
  }
  return all;
}

MemoryProfile PerformanceWatch::memory() const {
  MemoryProfile profile{
      .process_bytes = parts_.latest().process_rss_bytes, .holders = holders(), .jobs = parts_.jobs(), .trend = {}};
  for (const HolderFigures& holder : profile.holders) profile.accounted_bytes += holder.bytes;
  profile.percent_per_s = parts_.memory_watch().percent_per_s;
  profile.trend = recent_points();
  return profile;
}

}  // namespace voxlate::app
