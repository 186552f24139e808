#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace voxlate::http {

/// What kind of work a request is. Each kind has a share of the threads, so that none can take them all.
enum class Lane {
  kLive,     ///< /livez: a thread of its own, which waits for nothing
  kReady,    ///< /readyz and /health: a thread of its own, which may wait for disk and database
  kRequest,  ///< requests that have come whole, answers that go on
  kBody,     ///< requests whose body is still coming: at most three quarters of the threads
};

/// Runs requests on a bounded number of threads, made when first needed and kept. Thread-safe.
class RequestThreads {
 public:
  /// `threads` besides the two of the probes; at least 2.
  explicit RequestThreads(int threads);
  ~RequestThreads();
  RequestThreads(const RequestThreads&) = delete;
  RequestThreads& operator=(const RequestThreads&) = delete;

  /// `run` must not throw. Waits in line when the threads of its lane are taken.
  void submit(Lane lane, std::uint64_t id, std::function<void()> run);

  /// Takes a task out of the line again; false when it has begun already.
  bool try_withdraw(std::uint64_t id);

  /// True while requests wait because others' bodies hold the threads.
  const std::atomic<bool>& bodies_wait() const { return bodies_wait_; }

  /// Drops what has not begun and waits for the rest. No more tasks may come.
  void finish();

 private:
  static constexpr std::size_t kLanes = 4;

  struct Task {
    std::uint64_t id = 0;
    std::function<void()> run;
  };
  struct LaneState {
    std::size_t limit = 0;
    std::size_t running = 0;
    std::deque<Task> waiting;
  };

  LaneState& lane(Lane which) REQUIRES(mutex_) { return lanes_.at(static_cast<std::size_t>(which)); }
  LaneState* next_lane() REQUIRES(mutex_);
  void add_thread() REQUIRES(mutex_);
  void work();

  const std::size_t max_requests_;  ///< at once in the lanes kRequest and kBody together
  std::atomic<bool> bodies_wait_ = false;

  Mutex mutex_;
  ConditionVariable changed_;
  std::array<LaneState, kLanes> lanes_ GUARDED_BY(mutex_);
  std::size_t idle_threads_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::http
