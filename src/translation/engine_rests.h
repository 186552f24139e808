#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

#include "base/mutex.h"
#include "voxlate/error.h"

namespace voxlate::translation {

using SteadyNow = std::function<std::chrono::steady_clock::time_point()>;

/// Which engines are better left alone for a while: those that let somebody wait until a deadline, and those that
/// failed twice in a row. Thread-safe.
class EngineRests {
 public:
  EngineRests(std::size_t engines, std::chrono::milliseconds rest, SteadyNow now);

  bool rests(std::size_t engine) const;
  void worked(std::size_t engine);
  void failed(std::size_t engine, ErrorCode code);

 private:
  struct State {
    int failures = 0;  ///< in a row
    std::chrono::steady_clock::time_point until{};
  };

  const std::chrono::milliseconds rest_;
  const SteadyNow now_;
  mutable Mutex mutex_;
  std::vector<State> states_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::translation
