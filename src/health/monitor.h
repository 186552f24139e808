#pragma once

#include <functional>
#include <vector>

#include "base/mutex.h"
#include "voxlate/resource_sample.h"

namespace voxlate::health {

/// Looks at the resources and tells everybody who wants to know. Has no thread of its own: `tick` is called every now
/// and then. Thread-safe.
class Monitor {
 public:
  using Observer = std::function<void(const ResourceSample&)>;

  /// Looks once, so that there is always something to tell.
  explicit Monitor(std::function<ResourceSample()> look) : look_(std::move(look)), latest_(look_()) {}

  /// Looks, remembers, and tells the observers in their order.
  void tick(const std::vector<Observer>& observers) {
    const ResourceSample sample = look_();
    {
      const MutexLock lock(mutex_);
      latest_ = sample;
    }
    for (const Observer& observer : observers) observer(sample);
  }

  ResourceSample latest() const {
    const MutexLock lock(mutex_);
    return latest_;
  }

 private:
  const std::function<ResourceSample()> look_;
  mutable Mutex mutex_;
  ResourceSample latest_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::health
