#include "sphinx/decoder_pool.h"

#include <utility>

namespace voxlate::sphinx {

DecoderPool::DecoderPool(const Decoder::Options& options, int decoders, WorkerSlots* slots)
    : options_(options), slots_(slots) {
  for (int i = 0; i < decoders; ++i) threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
}

DecoderPool::Ticket::Ticket(DecoderPool& pool) : pool_(pool) {
  const MutexLock lock(pool.mutex_);
  id_ = pool.next_id_++;
  pool.jobs_.try_emplace(id_);
}

DecoderPool::Ticket::~Ticket() {
  const MutexLock lock(pool_.mutex_);
  const auto job = pool_.jobs_.find(id_);
  job->second.stop.request_stop();
  pool_.jobs_.erase(job);
}

void DecoderPool::Ticket::submit(std::vector<std::int16_t> samples) {
  const MutexLock lock(pool_.mutex_);
  Job& job = pool_.jobs_.at(id_);
  job.waiting.push_back(
      {.job = id_, .sequence = job.submitted++, .samples = std::move(samples), .stop = job.stop.get_token()});
  pool_.waiting_.notify_one();
}

std::optional<std::vector<DecodedWord>> DecoderPool::Ticket::take(std::chrono::milliseconds timeout,
                                                                  const std::stop_token& stop) {
  const MutexLock lock(pool_.mutex_);
  Job& job = pool_.jobs_.at(id_);
  const bool ready =
      pool_.finished_.wait_for(pool_.mutex_, stop, timeout, [&] { return job.finished.contains(taken_); });
  if (!ready || stop.stop_requested()) return std::nullopt;
  const Outcome outcome = std::move(job.finished.extract(taken_++).mapped());
  if (outcome.error) std::rethrow_exception(outcome.error);
  return outcome.words;
}

void DecoderPool::run(const std::stop_token& stop) {
  std::optional<Decoder> decoder;
  while (std::optional<Task> task = next_task(stop)) {
    Outcome outcome;
    try {
      const WorkerPlace place(slots_, WorkerPlace::Wait::kInTurn, stop);
      if (!decoder) decoder.emplace(options_);
      outcome.words = decoder->decode(task->samples, task->stop);
    } catch (...) {
      outcome.error = std::current_exception();  // thrown again in the thread of the job
    }
    const MutexLock lock(mutex_);
    const auto job = jobs_.find(task->job);
    if (job == jobs_.end()) continue;  // nobody waits for it any more
    job->second.finished.emplace(task->sequence, std::move(outcome));
    finished_.notify_all();
  }
}

std::optional<DecoderPool::Task> DecoderPool::next_task(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  std::optional<Task> task;
  waiting_.wait(mutex_, stop, [&]() REQUIRES(mutex_) {
    task = take_task();
    return task.has_value();
  });
  return task;
}

/// From the next job after the one served last that has something waiting.
std::optional<DecoderPool::Task> DecoderPool::take_task() {
  auto job = jobs_.upper_bound(served_);
  for (std::size_t i = 0; i < jobs_.size(); ++i, ++job) {
    if (job == jobs_.end()) job = jobs_.begin();
    if (job->second.waiting.empty()) continue;
    served_ = job->first;
    std::optional<Task> task = std::move(job->second.waiting.front());
    job->second.waiting.pop_front();
    return task;
  }
  return std::nullopt;
}

}  // namespace voxlate::sphinx
