#pragma once

#include <chrono>
#include <string>

#include "base/mutex.h"
#include "voxlate/job.h"
#include "voxlate/progress.h"

namespace voxlate::app {

/// "Transcribing 0:42 / 1:31 [#####-----] 46 %  3.2x  0:15 left": one line, rewritten in place on a terminal,
/// nothing elsewhere. Thread-safe.
class ProgressLine final : public Progress {
 public:
  ProgressLine(std::string name, const JobSpec& spec);
  ~ProgressLine() override;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) override;

 private:
  using SteadyClock = std::chrono::steady_clock;

  const std::string name_;
  const JobSpec& spec_;
  const bool on_terminal_;
  const SteadyClock::time_point start_ = SteadyClock::now();

  Mutex mutex_;
  SteadyClock::time_point shown_ GUARDED_BY(mutex_);
};

/// "0:42", "1:02:03".
std::string format_media_time(std::chrono::milliseconds time);

}  // namespace voxlate::app
