#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "sphinx/decoder.h"
#include "voxlate/worker_slots.h"

namespace voxlate::sphinx {

/// A fixed number of threads with a decoder each, shared by all jobs that transcribe at the moment. A decoder is
/// loaded when its thread gets its first utterance. The threads take from the jobs in turn, so that a short job
/// beside a long one gets its share.
///
/// The counterpart of the window batcher for an engine that cannot batch; like it, it owns its threads.
/// Thread-safe; every `Ticket` must be gone before the pool is.
class DecoderPool {
 public:
  /// `slots`: each utterance takes one of these places; null: there is no limit but the number of threads. Outlives it.
  DecoderPool(const Decoder::Options& options, int decoders, WorkerSlots* slots = nullptr);

  /// The place of one job in the pool. One thread submits, one takes. On destruction what waits is dropped and what
  /// runs is stopped, without waiting for it.
  class Ticket {
   public:
    explicit Ticket(DecoderPool& pool);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void submit(std::vector<std::int16_t> samples);

    /// Waits up to `timeout` for the words of the oldest utterance not yet taken; nothing when they are not
    /// ready then, or a stop was requested. Rethrows what its decoder threw.
    std::optional<std::vector<DecodedWord>> take(std::chrono::milliseconds timeout, const std::stop_token& stop);

   private:
    DecoderPool& pool_;
    std::uint64_t id_;
    std::uint64_t taken_ = 0;
  };

 private:
  struct Task {
    std::uint64_t job = 0;
    std::uint64_t sequence = 0;
    std::vector<std::int16_t> samples;
    std::stop_token stop;
  };
  struct Outcome {
    std::vector<DecodedWord> words;
    std::exception_ptr error;
  };
  struct Job {
    std::stop_source stop;
    std::uint64_t submitted = 0;
    std::deque<Task> waiting;
    std::map<std::uint64_t, Outcome> finished;  ///< by sequence
  };

  void run(const std::stop_token& stop);
  std::optional<Task> next_task(const std::stop_token& stop);
  std::optional<Task> take_task() REQUIRES(mutex_);

  const Decoder::Options options_;
  WorkerSlots* const slots_;

  Mutex mutex_;
  ConditionVariable waiting_;
  ConditionVariable finished_;
  std::map<std::uint64_t, Job> jobs_ GUARDED_BY(mutex_);
  std::uint64_t next_id_ GUARDED_BY(mutex_) = 1;
  std::uint64_t served_ GUARDED_BY(mutex_) = 0;  ///< the job whose turn was last

  std::vector<std::jthread> threads_;  ///< last: they use everything above
};

}  // namespace voxlate::sphinx
