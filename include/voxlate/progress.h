#pragma once

#include <chrono>
#include <string_view>

namespace voxlate {

/// What a job is doing.
enum class Stage { kWaiting, kTranscribing, kTranslating, kWriting };

/// Stable name, used in the API and in the database.
constexpr std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::kWaiting: return "waiting";
    case Stage::kTranscribing: return "transcribing";
    case Stage::kTranslating: return "translating";
    case Stage::kWriting: return "writing";
  }
  return "waiting";
}

/// Where a running piece of work reports to. One call is the progress bar, the sign of life and the
/// place where a cancel is learnt of: the implementation heartbeats the job's lease and requests a
/// stop on the `std::stop_token` that the work was given. Thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;

  /// `done` of `total` media time of `stage` is finished; `total` 0 means unknown. Cheap: call it often.
  virtual void update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) = 0;
};

}  // namespace voxlate
