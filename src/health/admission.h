#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// Decides whether the next job may start: when the memory that it needs is there, and, beside other jobs, the
/// processor is not taken by other programs. What a job was promised counts as used until it has had time to take it.
/// Thread-safe; `ask` is quick.
class Admission {
 public:
  struct Options {
    double memory_percent = 85;             ///< what jobs may use of all memory
    double alone_percent = 92;              ///< the same for a job beside which none runs
    double safety_factor = 0.8;             ///< how much of what is free is given away
    double cpu_percent = 80;                ///< above this share by other programs a job waits
    std::chrono::seconds settle{30};        ///< from its start until what a job needs shows in the samples
    std::chrono::seconds cpu_patience{10};  ///< so long a job waits for other programs
  };

  enum class Answer { kStart, kWaitForMemory, kWaitForProcessor };

  /// `latest` is the last sample; `admits` says whether jobs may start at all (the watchdog).
  Admission(Options options, std::function<ResourceSample()> latest, std::function<bool()> admits);

  /// For the job that is next. After `kStart` it runs until `ended` is called.
  Answer ask(const std::string& job_id, std::uint64_t needs_bytes, TimePoint now);

  void ended(const std::string& job_id);

  /// The most that a job can need here; one that needs more would wait for ever.
  std::uint64_t most_bytes() const;

  /// What the queue waits for since the last `ask`.
  struct Waiting {
    std::string job_id;
    Answer reason = Answer::kStart;
    std::uint64_t needs_bytes = 0;
    std::uint64_t free_bytes = 0;  ///< for jobs
    double memory_percent = 0;
    double cpu_percent = 0;  ///< by other programs
    TimePoint since{};
  };
  std::optional<Waiting> waiting() const;

  /// Jobs that run, with what each needs.
  std::vector<std::pair<std::string, std::uint64_t>> running() const;

 private:
  struct Running {
    std::uint64_t bytes = 0;
    TimePoint since{};
  };

  Waiting judge(const std::string& job_id, std::uint64_t needs_bytes, TimePoint now) const REQUIRES(mutex_);
  std::uint64_t unsettled_bytes(TimePoint now) const REQUIRES(mutex_);

  const Options options_;
  const std::function<ResourceSample()> latest_;
  const std::function<bool()> admits_;

  mutable Mutex mutex_;
  std::map<std::string, Running> running_ GUARDED_BY(mutex_);
  std::optional<Waiting> waiting_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
