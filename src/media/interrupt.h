#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::media {

/// Ends FFmpeg's work from inside: a stop request or a wall-clock deadline. Not thread-safe but for the token.
class Interrupt {
 public:
  Interrupt(std::stop_token stop, std::chrono::milliseconds budget) : stop_(std::move(stop)) { arm(budget); }

  /// Starts the clock anew: `budget` from now on.
  void arm(std::chrono::milliseconds budget) {
    budget_ = budget;
    deadline_ = std::chrono::steady_clock::now() + budget;
  }

  /// Time that passed while the file itself was awaited does not count.
  void extend(std::chrono::steady_clock::duration waited) { deadline_ += waited; }

  bool stop_requested() const noexcept { return stop_.stop_requested(); }

  bool is_due() const noexcept { return stop_.stop_requested() || std::chrono::steady_clock::now() >= deadline_; }

  /// Throws `kCancelled` or `kTimeout` when it is due.
  void check() const {
    if (stop_.stop_requested()) throw Error(ErrorCode::kCancelled, "reading the media was cancelled");
    if (!is_due()) return;
    throw Error(ErrorCode::kTimeout,
                "reading the media made no progress: expected some within " + std::to_string(budget_.count()) + " ms");
  }

 private:
  const std::stop_token stop_;
  std::chrono::milliseconds budget_{};
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace voxlate::media
