#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace voxlate::nn {

/// The threads that all computing of the process shares; there is one of it, so that engines never fight for cores.
///
/// `run` is one parallel region: the calling thread works along and returns when all of it is done. Regions of
/// several callers take turns. Between two regions that follow closely the threads wait by spinning, which makes
/// a region cost about a microsecond; after that they sleep. A region waits for tasks, not for threads: on a busy
/// machine the caller does them all. Thread-safe; not to be called from inside a task.
class ComputePool {
 public:
  /// `threads` work at once, the caller among them; at least 1.
  explicit ComputePool(int threads);
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls `task(index, thread)` for every index in [0, count), `thread` in [0, size()) telling who works. Tasks
  /// are handed out in order as threads get free and must not throw.
  template <typename Task>
  void run(int count, const Task& task) {
    run_region(count, {&task, [](const void* self, int index, int thread) {
                         (*static_cast<const Task*>(self))(index, thread);
                       }});
  }

 private:
  struct Callback {
    const void* self = nullptr;
    void (*call)(const void* self, int index, int thread) = nullptr;
  };

  void run_region(int count, Callback task) EXCLUDES(turn_);
  bool take_task(int thread);
  void work(int thread);

  // Written before `state_` announces them, and not again before each task of the region has been done.
  Callback task_;
  int count_ = 0;

  /// How many regions there were, in the upper half, and how many tasks of this one nobody has taken yet. Taking one
  /// changes it, so whoever comes late cannot take from a region that he does not know.
  std::atomic<std::uint64_t> state_{0};
  std::atomic<int> done_{0};  ///< tasks of the region
  std::atomic<bool> stopping_{false};
  Mutex turn_;
  std::vector<std::thread> threads_;
};

}  // namespace voxlate::nn
