#include "nn/compute_pool.h"

#include <algorithm>

namespace voxlate::nn {
namespace {

constexpr std::uint64_t kOneRegion = std::uint64_t{1} << 32U;
constexpr int kSpins = 4000;  // some 50 us: longer than what lies between two regions of one decoder step

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// Waits until `value` differs from `old`, first awake, then asleep.
template <typename Value>
void wait_for_change(const std::atomic<Value>& value, Value old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (value.load(std::memory_order_acquire) != old) return;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ComputePool::ComputePool(int threads) {
  for (int thread = 1; thread < std::max(threads, 1); ++thread) threads_.emplace_back([this, thread] { work(thread); });
}

ComputePool::~ComputePool() {
  stopping_.store(true, std::memory_order_relaxed);
  state_.fetch_add(kOneRegion, std::memory_order_release);
  state_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ComputePool::run_region(int count, Callback task) {
  const MutexLock lock(turn_);
  if (threads_.empty() || count <= 1) {
    for (int index = 0; index < count; ++index) task.call(task.self, index, 0);
    return;
  }
  task_ = task;
  count_ = count;
  done_.store(0, std::memory_order_relaxed);
  const std::uint64_t regions = state_.load(std::memory_order_relaxed) / kOneRegion;
  state_.store((regions + 1) * kOneRegion + static_cast<std::uint64_t>(count), std::memory_order_release);
  state_.notify_all();
  while (take_task(0)) continue;
  for (int done = done_.load(std::memory_order_acquire); done != count; done = done_.load(std::memory_order_acquire)) {
    wait_for_change(done_, done);
  }
}

/// Does one task; false when none is left.
bool ComputePool::take_task(int thread) {
  std::uint64_t state = state_.load(std::memory_order_acquire);
  do {
    if (state % kOneRegion == 0) return false;
  } while (!state_.compare_exchange_weak(state, state - 1, std::memory_order_acq_rel, std::memory_order_acquire));
  const int count = count_;
  task_.call(task_.self, count - static_cast<int>(state % kOneRegion), thread);
  if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done_.notify_all();
  return true;
}

void ComputePool::work(int thread) {
  while (!stopping_.load(std::memory_order_relaxed)) {
    const std::uint64_t seen = state_.load(std::memory_order_acquire);
    if (!take_task(thread)) wait_for_change(state_, seen);
  }
}

}  // namespace voxlate::nn
