#pragma once

#include <algorithm>
#include <chrono>

#include "base/mutex.h"
#include "voxlate/audio.h"
#include "voxlate/progress.h"

namespace voxlate::speech {

/// How far a transcription is, reported from its threads; it never goes back. Thread-safe.
class SteadyProgress {
 public:
  SteadyProgress(Progress& progress, const AudioSource& audio)
      : progress_(progress), total_(audio.duration().value_or(std::chrono::milliseconds{0})) {}

  /// `done`: of the audio.
  void advance(std::chrono::milliseconds done) {
    const MutexLock lock(mutex_);
    done_ = std::max(done_, done);
    progress_.update(Stage::kTranscribing, done_, total_);
  }

  /// A sign of life.
  void repeat() { advance(std::chrono::milliseconds{0}); }

 private:
  Progress& progress_;
  const std::chrono::milliseconds total_;
  Mutex mutex_;
  std::chrono::milliseconds done_ GUARDED_BY(mutex_){0};
};

}  // namespace voxlate::speech
