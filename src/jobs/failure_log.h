#pragma once

#include <functional>
#include <string>

namespace voxlate::jobs {

/// Keeps a thread alive over failures of what it does again and again, and the log short: a failure is logged once,
/// until it works again. Not thread-safe.
class FailureLog {
 public:
  /// `name` says in the log what failed.
  explicit FailureLog(std::string name) : name_(std::move(name)) {}

  /// Runs `work`; false when it threw.
  bool run(const std::function<void()>& work);

 private:
  const std::string name_;
  bool failing_ = false;
};

}  // namespace voxlate::jobs
