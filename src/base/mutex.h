#pragma once

#include <condition_variable>
#include <mutex>

// Annotations for clang's -Wthread-safety; nothing under other compilers.
#if defined(__clang__)
#define VOXLATE_ANNOTATE(x) __attribute__((x))
#else
#define VOXLATE_ANNOTATE(x)
#endif

#define CAPABILITY(x) VOXLATE_ANNOTATE(capability(x))
#define SCOPED_CAPABILITY VOXLATE_ANNOTATE(scoped_lockable)
#define GUARDED_BY(x) VOXLATE_ANNOTATE(guarded_by(x))
#define REQUIRES(...) VOXLATE_ANNOTATE(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) VOXLATE_ANNOTATE(acquire_capability(__VA_ARGS__))
#define RELEASE(...) VOXLATE_ANNOTATE(release_capability(__VA_ARGS__))
#define EXCLUDES(...) VOXLATE_ANNOTATE(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS VOXLATE_ANNOTATE(no_thread_safety_analysis)

namespace voxlate {

/// std::mutex that the thread-safety analysis understands.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// Waits on a Mutex that the caller holds: `condition.wait(mutex, stop, predicate)`.
using ConditionVariable = std::condition_variable_any;

}  // namespace voxlate
