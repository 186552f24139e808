#include "http/request_threads.h"

#include <algorithm>
#include <system_error>

#include "base/log.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kProbeThreads = 2;

}  // namespace

RequestThreads::RequestThreads(int threads) : max_requests_(static_cast<std::size_t>(std::max(2, threads))) {
  const MutexLock lock(mutex_);
  lane(Lane::kLive).limit = 1;
  lane(Lane::kReady).limit = 1;
  lane(Lane::kRequest).limit = max_requests_;
  lane(Lane::kBody).limit = max_requests_ - std::max<std::size_t>(1, max_requests_ / 4);
}

RequestThreads::~RequestThreads() { finish(); }

// The lane whose turn it is; none when nothing may begin now.
RequestThreads::LaneState* RequestThreads::next_lane() {
  for (const Lane which : {Lane::kLive, Lane::kReady, Lane::kRequest, Lane::kBody}) {
    LaneState& state = lane(which);
    if (state.waiting.empty() || state.running >= state.limit) continue;
    const bool probe = which == Lane::kLive || which == Lane::kReady;
    if (!probe && lane(Lane::kRequest).running + lane(Lane::kBody).running >= max_requests_) continue;
    return &state;
  }
  return nullptr;
}

void RequestThreads::add_thread() {
  if (threads_.size() >= max_requests_ + kProbeThreads) return;
  try {
    threads_.emplace_back([this] { work(); });
    ++idle_threads_;
  } catch (const std::system_error& error) {
    log::error("no thread for a request", {{"why", error.what()}});
  }
}

void RequestThreads::submit(Lane which, std::uint64_t id, std::function<void()> run) {
  const MutexLock lock(mutex_);
  if (closed_) return;
  lane(which).waiting.push_back({.id = id, .run = std::move(run)});
  std::size_t waiting = 0;
  for (const LaneState& state : lanes_) waiting += state.waiting.size();
  if (idle_threads_ < waiting) add_thread();
  bodies_wait_ = !lane(Lane::kBody).waiting.empty();
  changed_.notify_one();
}

bool RequestThreads::try_withdraw(std::uint64_t id) {
  const MutexLock lock(mutex_);
  std::size_t withdrawn = 0;
  for (LaneState& state : lanes_) {
    withdrawn += std::erase_if(state.waiting, [id](const Task& task) { return task.id == id; });
  }
  bodies_wait_ = !lane(Lane::kBody).waiting.empty();
  return withdrawn > 0;
}

void RequestThreads::work() NO_THREAD_SAFETY_ANALYSIS {
  mutex_.lock();
  while (true) {
    LaneState* state = nullptr;
    changed_.wait(mutex_, [&]() NO_THREAD_SAFETY_ANALYSIS { return closed_ || (state = next_lane()) != nullptr; });
    if (state == nullptr) break;
    Task task = std::move(state->waiting.front());
    state->waiting.pop_front();
    ++state->running;
    --idle_threads_;
    bodies_wait_ = !lane(Lane::kBody).waiting.empty();
    mutex_.unlock();
    task.run();
    task.run = nullptr;
    mutex_.lock();
    --state->running;
    ++idle_threads_;
  }
  mutex_.unlock();
}

void RequestThreads::finish() NO_THREAD_SAFETY_ANALYSIS {
  std::vector<std::jthread> threads;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (LaneState& state : lanes_) state.waiting.clear();
    threads.swap(threads_);
  }
  changed_.notify_all();
}

}  // namespace voxlate::http
