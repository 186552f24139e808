#pragma once

#include <string>

#include "base/mutex.h"

namespace voxlate::http {

/// The model that whisper.cpp's clients chose with `POST /load`; empty: the best one. Thread-safe.
class WhisperCppModel {
 public:
  std::string get() const {
    const MutexLock lock(mutex_);
    return id_;
  }
  void set(std::string id) {
    const MutexLock lock(mutex_);
    id_ = std::move(id);
  }

 private:
  mutable Mutex mutex_;
  std::string id_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::http
