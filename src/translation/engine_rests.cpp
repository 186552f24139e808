#include "translation/engine_rests.h"

#include <utility>

namespace voxlate::translation {

EngineRests::EngineRests(std::size_t engines, std::chrono::milliseconds rest, SteadyNow now)
    : rest_(rest), now_(std::move(now)), states_(engines) {}

bool EngineRests::rests(std::size_t engine) const {
  const MutexLock lock(mutex_);
  return states_[engine].failures > 0 && now_() < states_[engine].until;
}

void EngineRests::worked(std::size_t engine) {
  const MutexLock lock(mutex_);
  states_[engine] = {};
}

void EngineRests::failed(std::size_t engine, ErrorCode code) {
  const MutexLock lock(mutex_);
  State& state = states_[engine];
  ++state.failures;
  // A single failure may be due to the text; it costs no time either.
  if (code == ErrorCode::kTimeout || state.failures > 1) state.until = now_() + rest_;
}

}  // namespace voxlate::translation
