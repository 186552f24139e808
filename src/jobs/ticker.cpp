#include "jobs/ticker.h"

namespace voxlate::jobs {

Ticker::Ticker(std::string name, std::chrono::milliseconds interval, std::function<void(const std::stop_token&)> tick)
    : interval_(interval),
      tick_(std::move(tick)),
      failures_(std::move(name)),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

void Ticker::poke() {
  {
    const MutexLock lock(mutex_);
    poke_ = true;
  }
  poked_.notify_one();
}

void Ticker::run(std::stop_token stop) {
  while (wait(stop)) failures_.run([&] { tick_(stop); });
}

bool Ticker::wait(std::stop_token stop) NO_THREAD_SAFETY_ANALYSIS {
  const MutexLock lock(mutex_);
  poked_.wait_for(mutex_, stop, interval_, [this]() NO_THREAD_SAFETY_ANALYSIS { return poke_; });
  poke_ = false;
  return !stop.stop_requested();
}

}  // namespace voxlate::jobs
