#pragma once

#include <sys/types.h>

#include <chrono>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/child_process.h"

namespace voxlate::translation {

/// A running row of programs that answers every message ended by NUL with one ended by NUL. After any Error the
/// object is of no more use: what it would answer next is unknown. Not thread-safe.
class NullFlushPipeline {
 public:
  /// Starts the programs. Throws `kUnavailable`.
  explicit NullFlushPipeline(std::span<const Command> commands) : processes_(commands) {}

  /// Sends all messages and returns their answers, in order. Messages hold no NUL.
  /// Throws `kUnavailable` (a program has ended, or answers without end), `kTimeout` after `limit`, `kCancelled`.
  std::vector<std::string> exchange(std::span<const std::string> messages, std::chrono::milliseconds limit,
                                    const std::stop_token& stop);

  std::vector<pid_t> process_ids() const { return processes_.process_ids(); }

 private:
  ProcessPipeline processes_;
};

}  // namespace voxlate::translation
