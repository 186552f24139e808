#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate {

/// Audio whose first part is there; the rest arrives, or the source fails, when a test says so. As a media reader it
/// ends a read that waits when `stop` is requested.
class HeldAudio final : public AudioSource {
 public:
  HeldAudio(std::vector<float> samples, double there_s, std::stop_token stop = {})
      : samples_(std::move(samples)), there_(static_cast<std::size_t>(there_s * kSampleRate)), stop_(std::move(stop)) {}

  std::size_t read(std::span<float> out) override {
    std::unique_lock lock(mutex_);
    const std::size_t count = std::min(out.size(), samples_.size() - at_);
    waits_ = at_ + count > there_;
    changed_.notify_all();
    changed_.wait(lock, stop_, [&] { return at_ + count <= there_ || failed_; });
    waits_ = false;
    if (stop_.stop_requested()) throw Error(ErrorCode::kCancelled, "reading was cancelled");
    throw_if_failed();
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    changed_.notify_all();
    return count;
  }

  void check() override {
    const std::lock_guard lock(mutex_);
    throw_if_failed();
  }

  std::chrono::milliseconds start_time() const override { return {}; }
  std::optional<std::chrono::milliseconds> duration() const override {
    return length_of(static_cast<std::int64_t>(samples_.size()));
  }

  /// Waits until a read waits.
  void await_waiting_reader() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waits_; });
  }

  /// Waits until so much was read.
  void await_read(double seconds) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return static_cast<double>(at_) >= seconds * kSampleRate; });
  }

  /// All is there now.
  void release() {
    const std::lock_guard lock(mutex_);
    there_ = samples_.size();
    changed_.notify_all();
  }

  /// As a worker that crashed: from now on there is nothing but the error.
  void fail() {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    changed_.notify_all();
  }

 private:
  void throw_if_failed() const {
    if (failed_) throw Error(ErrorCode::kCorrupt, "the reader crashed");
  }

  const std::vector<float> samples_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t there_;
  const std::stop_token stop_;
  std::size_t at_ = 0;
  bool waits_ = false;
  bool failed_ = false;
};

}  // namespace voxlate
