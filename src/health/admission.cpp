#include "health/admission.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace voxlate::health {
namespace {

std::uint64_t share_of(std::uint64_t bytes, double percent) {
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * percent / 100);
}

std::uint64_t above(std::uint64_t bytes, std::uint64_t taken) { return bytes - std::min(bytes, taken); }

std::string_view reason_name(Admission::Answer answer) {
  return answer == Admission::Answer::kWaitForProcessor ? "processor" : "memory";
}

}  // namespace

Admission::Admission(Options options, std::function<ResourceSample()> latest, std::function<bool()> admits)
    : options_(options), latest_(std::move(latest)), admits_(std::move(admits)) {}

Admission::Answer Admission::ask(const std::string& job_id, std::uint64_t needs_bytes, TimePoint now) {
  const MutexLock lock(mutex_);
  const Waiting found = judge(job_id, needs_bytes, now);
  if (found.reason == Answer::kStart) {
    waiting_.reset();
    running_[job_id] = {.bytes = needs_bytes, .since = now};
    return found.reason;
  }
  if (!waiting_ || waiting_->job_id != job_id || waiting_->reason != found.reason) {
    log::info("job waits", {{"job_id", job_id},
                            {"for", reason_name(found.reason)},
                            {"needs_mb", found.needs_bytes >> 20U},
                            {"free_mb", found.free_bytes >> 20U},
                            {"memory_percent", found.memory_percent},
                            {"cpu_percent", found.cpu_percent}});
  }
  waiting_ = found;
  return found.reason;
}

void Admission::ended(const std::string& job_id) {
  const MutexLock lock(mutex_);
  running_.erase(job_id);
}

std::uint64_t Admission::most_bytes() const {
  const ResourceSample sample = latest_();
  return share_of(sample.memory_total_bytes, options_.alone_percent);
}

std::optional<Admission::Waiting> Admission::waiting() const {
  const MutexLock lock(mutex_);
  return waiting_;
}

Admission::Waiting Admission::judge(const std::string& job_id, std::uint64_t needs_bytes, TimePoint now) const {
  const ResourceSample sample = latest_();
  const bool is_alone = running_.empty();
  const std::uint64_t most =
      share_of(sample.memory_total_bytes, is_alone ? options_.alone_percent : options_.memory_percent);
  const std::uint64_t free = above(most, sample.memory_used_bytes + unsettled_bytes(now));
  Waiting waiting{.job_id = job_id,
                  .needs_bytes = needs_bytes,
                  .free_bytes = is_alone ? free : share_of(free, 100 * options_.safety_factor),
                  .memory_percent = memory_percent(sample),
                  .cpu_percent = std::max(sample.cpu_percent - sample.process_cpu_percent, 0.0),
                  .since = waiting_ && waiting_->job_id == job_id ? waiting_->since : now};
  if (!admits_() || needs_bytes > waiting.free_bytes) {
    waiting.reason = Answer::kWaitForMemory;
  } else if (!is_alone && waiting.cpu_percent > options_.cpu_percent && now - waiting.since < options_.cpu_patience) {
    waiting.reason = Answer::kWaitForProcessor;
  }
  return waiting;
}

std::uint64_t Admission::unsettled_bytes(TimePoint now) const {
  std::uint64_t bytes = 0;
  for (const auto& [id, running] : running_) {
    if (now - running.since < options_.settle) bytes += running.bytes;
  }
  return bytes;
}

std::vector<std::pair<std::string, std::uint64_t>> Admission::running() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  const MutexLock lock(mutex_);
  for (const auto& [job_id, job] : running_) all.emplace_back(job_id, job.bytes);
  return all;
}

}  // namespace voxlate::health
