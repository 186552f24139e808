#include "health/advisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace voxlate::health {
namespace {

constexpr double kIdleCpuPercent = 50;
constexpr double kBusyCpuPercent = 95;
constexpr std::uint64_t kWorthFreeing = 64'000'000;
constexpr double kReloadShare = 0.1;
constexpr std::uint64_t kManyLoads = 5;
constexpr double kWaitingShare = 0.5;
constexpr double kStallPercent = 20;
constexpr double kLowEfficiency = 0.4;
constexpr std::uint64_t kEnoughTasks = 50;

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

double seconds_of(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

const StageFigures* stage_of(const AdvisorFacts& facts, std::string_view name) {
  const auto found = std::ranges::find(facts.stages, name, &StageFigures::stage);
  return found == facts.stages.end() ? nullptr : &*found;
}

using Advice = std::vector<Recommendation>;

void advise_memory(const AdvisorFacts& facts, Advice& advice) {
  const double percent = memory_percent(facts.sample);
  const bool tight = percent >= facts.memory_release_percent;
  if (tight || facts.idle_model_bytes >= kWorthFreeing) {
    advice.push_back({.id = std::string(kFreeMemoryAdvice),
                      .group = AdviceGroup::kMemory,
                      .severity = tight ? Severity::kWarning : Severity::kInfo,
                      .title = "Free memory now",
                      .reason = tight ? "Memory is short." : "Models are in memory that no job uses.",
                      .evidence = {{"memory_percent", percent}, {"idle_model_mb", megabytes(facts.idle_model_bytes)}},
                      .can_apply = true});
  }
  if (!facts.watchdog) {
    advice.push_back({.id = "enable-watchdog",
                      .group = AdviceGroup::kMemory,
                      .severity = percent >= 70 ? Severity::kWarning : Severity::kAdvice,
                      .title = "Switch the memory watchdog on",
                      .reason = "Nothing gives memory back before it gets short.",
                      .evidence = {{"memory_percent", percent}},
                      .setting = SuggestedSetting{"memory.watchdog", "false", "true"}});
  }
  if (!facts.estimates_jobs) {
    advice.push_back({.id = "estimate-jobs",
                      .group = AdviceGroup::kMemory,
                      .severity = Severity::kAdvice,
                      .title = "Let jobs wait for the memory that they need",
                      .reason = "Jobs start whether or not there is memory for them.",
                      .evidence = {{"memory_percent", percent}},
                      .setting = SuggestedSetting{"memory.estimate_jobs", "false", "true"}});
  }
  if (tight && facts.max_loaded_models > 1) {
    advice.push_back({.id = "fewer-models",
                      .group = AdviceGroup::kMemory,
                      .severity = Severity::kAdvice,
                      .title = "Keep fewer models in memory",
                      .reason = "Memory is short while several models may stay loaded.",
                      .evidence = {{"memory_percent", percent}, {"model_mb", megabytes(facts.model_bytes)}},
                      .setting = SuggestedSetting{"models.max_loaded", std::to_string(facts.max_loaded_models), "1"}});
  }
  const bool often = facts.memory_releases >= 10 && facts.recent_memory_percent >= 70;
  if (often && facts.model_bytes * 2 > facts.sample.process_rss_bytes) {
    advice.push_back({.id = "smaller-model",
                      .group = AdviceGroup::kMemory,
                      .severity = Severity::kAdvice,
                      .title = "Use a quantised or a smaller model",
                      .reason = "Memory is freed again and again, and models take most of it.",
                      .evidence = {{"releases", static_cast<double>(facts.memory_releases)},
                                   {"model_mb", megabytes(facts.model_bytes)},
                                   {"recent_memory_percent", facts.recent_memory_percent}}});
  }
}

void advise_jobs_at_once(const AdvisorFacts& facts, Advice& advice) {
  const int cores = facts.sample.cpu_count;
  const bool queued = facts.sample.jobs_queued > 0 && facts.sample.jobs_running >= facts.max_concurrent_jobs;
  if (queued && facts.recent_cpu_percent < kIdleCpuPercent &&
      facts.recent_memory_percent < facts.memory_release_percent - 15) {
    advice.push_back({.id = "more-jobs",
                      .group = AdviceGroup::kCpu,
                      .severity = Severity::kAdvice,
                      .title = "Run more jobs at once",
                      .reason = "Jobs wait while the processor is idle and there is memory for more.",
                      .evidence = {{"jobs_queued", facts.sample.jobs_queued},
                                   {"recent_cpu_percent", facts.recent_cpu_percent},
                                   {"recent_memory_percent", facts.recent_memory_percent}},
                      .setting = SuggestedSetting{"jobs.max_concurrent", std::to_string(facts.max_concurrent_jobs),
                                                  std::to_string(facts.max_concurrent_jobs + 1)}});
  }
  if (cores > 0 && facts.recent_cpu_percent >= kBusyCpuPercent && facts.max_concurrent_jobs > std::max(cores, 1)) {
    advice.push_back({.id = "fewer-jobs",
                      .group = AdviceGroup::kCpu,
                      .severity = Severity::kAdvice,
                      .title = "Run fewer jobs at once",
                      .reason = "More jobs run at once than there are cores, and the processor is always busy.",
                      .evidence = {{"cores", cores}, {"recent_cpu_percent", facts.recent_cpu_percent}},
                      .setting = SuggestedSetting{"jobs.max_concurrent", std::to_string(facts.max_concurrent_jobs),
                                                  std::to_string(std::max(cores, 1))}});
  }
}

void advise_cpu(const AdvisorFacts& facts, Advice& advice) {
  const int cores = facts.sample.cpu_count;
  if (cores > 0 && facts.compute_threads > 0 && facts.compute_threads != cores) {
    advice.push_back({.id = "compute-threads",
                      .group = AdviceGroup::kCpu,
                      .severity = facts.compute_threads > cores ? Severity::kWarning : Severity::kInfo,
                      .title = "Compute with one thread a core",
                      .reason = facts.compute_threads > cores ? "Threads get into each other's way."
                                                              : "Some cores are left out of the computing.",
                      .evidence = {{"cores", cores}, {"threads", facts.compute_threads}},
                      .setting = SuggestedSetting{"whisper.threads", std::to_string(facts.compute_threads), "0"}});
  }
  if (facts.has_cuda && !facts.uses_cuda) {
    advice.push_back({.id = "use-gpu",
                      .group = AdviceGroup::kCpu,
                      .severity = Severity::kAdvice,
                      .title = "Recognise on the GPU",
                      .reason = "There is a GPU that this server could use.",
                      .evidence = {{"gpus", static_cast<double>(facts.sample.gpus.size())}},
                      .setting = SuggestedSetting{"whisper.device", "cpu", "auto"}});
  }
  const StageFigures* const transcribe = stage_of(facts, "transcribe");
  const StageFigures* const read = stage_of(facts, "read");
  if (transcribe != nullptr && read != nullptr && transcribe->count >= 3 &&
      seconds_of(read->total) > kWaitingShare * seconds_of(transcribe->total)) {
    advice.push_back({.id = "slow-media",
                      .group = AdviceGroup::kCpu,
                      .severity = Severity::kInfo,
                      .title = "Put the data folder on a faster disk",
                      .reason = "Recognition waits for the media most of the time: for the disk, or for uploads that "
                                "are still coming in.",
                      .evidence = {{"read_s", seconds_of(read->total)},
                                   {"transcribe_s", seconds_of(transcribe->total)},
                                   {"io_stall_percent", facts.sample.io_stall_percent.value_or(0)}}});
  }
  if (!facts.production) {
    advice.push_back({.id = "production-profile",
                      .group = AdviceGroup::kCpu,
                      .severity = Severity::kInfo,
                      .title = "Run with the production profile",
                      .reason = "The development profile logs every detail.",
                      .evidence = {},
                      .setting = SuggestedSetting{"profile", "development", "production"}});
  }
}

void advise_cache(const AdvisorFacts& facts, Advice& advice) {
  if (facts.translation_cache_mb == 0) {
    advice.push_back({.id = "translation-cache",
                      .group = AdviceGroup::kCache,
                      .severity = Severity::kAdvice,
                      .title = "Keep translations of sentences",
                      .reason = "Sentences that come again are translated again.",
                      .evidence = {{"translation_cache_mb", 0}},
                      .setting = SuggestedSetting{"translation.cache_mb", "0", "32"}});
  }
  const StageFigures* const loads = stage_of(facts, "load_model");
  const StageFigures* const jobs = stage_of(facts, "job");
  if (loads != nullptr && jobs != nullptr && loads->count >= kManyLoads &&
      seconds_of(loads->total) > kReloadShare * seconds_of(jobs->total) &&
      facts.recent_memory_percent < facts.memory_release_percent - 15) {
    advice.push_back({.id = "more-models",
                      .group = AdviceGroup::kCache,
                      .severity = Severity::kAdvice,
                      .title = "Keep more models in memory",
                      .reason = "Models are loaded again and again although there is memory for them.",
                      .evidence = {{"loads", static_cast<double>(loads->count)},
                                   {"load_s", seconds_of(loads->total)},
                                   {"job_s", seconds_of(jobs->total)}},
                      .setting = SuggestedSetting{"models.max_loaded", std::to_string(facts.max_loaded_models),
                                                  std::to_string(facts.max_loaded_models + 1)}});
  }
  if (facts.models_idle_s == 0 && facts.recent_memory_percent >= 70) {
    advice.push_back({.id = "idle-models",
                      .group = AdviceGroup::kCache,
                      .severity = Severity::kAdvice,
                      .title = "Free models that rest",
                      .reason = "Models stay in memory for ever, and memory is used a lot.",
                      .evidence = {{"recent_memory_percent", facts.recent_memory_percent},
                                   {"idle_model_mb", megabytes(facts.idle_model_bytes)}},
                      .setting = SuggestedSetting{"models.idle_seconds", "0", "300"}});
  }
}

void advise_threading(const AdvisorFacts& facts, Advice& advice) {
  const int cores = facts.sample.cpu_count;
  if (facts.plan.workers > 0 && facts.workers.limit != facts.plan.workers) {
    advice.push_back(
        {.id = std::string(kWorkerPlanAdvice),
         .group = AdviceGroup::kThreading,
         .severity = Severity::kAdvice,
         .title = fmt::format("Run {} stage tasks at once", facts.plan.workers),
         .reason = facts.plan.reasons.empty() ? "This machine suggests it." : facts.plan.reasons.back(),
         .evidence = {{"workers", facts.workers.limit}, {"optimal_workers", facts.plan.workers}, {"cores", cores}},
         .setting = SuggestedSetting{"workers.count",
                                     facts.worker_count == 0 ? "auto" : std::to_string(facts.worker_count), "auto"},
         .can_apply = true});
  }
  if (cores > facts.most_workers && facts.workers.waiting > 0) {
    advice.push_back(
        {.id = "raise-worker-limit",
         .group = AdviceGroup::kThreading,
         .severity = Severity::kAdvice,
         .title = "Allow more stage tasks at once",
         .reason = fmt::format("There are {} cores, tasks wait, and at most {} may run.", cores, facts.most_workers),
         .evidence = {{"cores", cores}, {"waiting", facts.workers.waiting}},
         .setting = SuggestedSetting{"workers.max", std::to_string(facts.most_workers), std::to_string(cores)}});
  }
  if (facts.workers.completed >= kEnoughTasks && facts.workers.efficiency < kLowEfficiency &&
      facts.sample.jobs_queued > 0) {
    advice.push_back({.id = "idle-workers",
                      .group = AdviceGroup::kThreading,
                      .severity = Severity::kInfo,
                      .title = "Workers have little to do",
                      .reason = "Most places for stage tasks are empty while jobs wait: more jobs could run at once.",
                      .evidence = {{"efficiency", facts.workers.efficiency},
                                   {"jobs_queued", facts.sample.jobs_queued},
                                   {"max_concurrent", facts.max_concurrent_jobs}}});
  }
  const double stalled = facts.sample.memory_stall_percent.value_or(0);
  if (stalled >= kStallPercent && facts.max_concurrent_jobs > 1) {
    advice.push_back({.id = "stalled",
                      .group = AdviceGroup::kThreading,
                      .severity = Severity::kWarning,
                      .title = "Run fewer jobs at once",
                      .reason = "Programs wait for memory most of the time.",
                      .evidence = {{"memory_stall_percent", stalled}},
                      .setting = SuggestedSetting{"jobs.max_concurrent", std::to_string(facts.max_concurrent_jobs),
                                                  std::to_string(facts.max_concurrent_jobs - 1)}});
  }
}

}  // namespace

std::vector<Recommendation> advise(const AdvisorFacts& facts) {
  Advice advice;
  advise_memory(facts, advice);
  advise_jobs_at_once(facts, advice);
  advise_cpu(facts, advice);
  advise_cache(facts, advice);
  advise_threading(facts, advice);
  std::ranges::stable_sort(advice, std::greater(), &Recommendation::severity);
  return advice;
}

}  // namespace voxlate::health
