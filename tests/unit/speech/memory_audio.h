#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "voxlate/audio.h"
#include "voxlate/progress.h"
#include "voxlate/transcriber.h"
#include "voxlate/voice_activity.h"

namespace voxlate::speech {

using std::chrono::milliseconds;

/// Samples that are there already.
class MemoryAudio final : public AudioSource {
 public:
  explicit MemoryAudio(std::vector<float> samples, milliseconds start = {})
      : samples_(std::move(samples)), start_(start) {}

  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), samples_.size() - at_);
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  milliseconds start_time() const override { return start_; }
  std::optional<milliseconds> duration() const override { return milliseconds{samples_.size() * 1000 / kSampleRate}; }

 private:
  std::vector<float> samples_;
  milliseconds start_;
  std::size_t at_ = 0;
};

/// Finished windows, and the order in which they came.
class MemoryLog final : public WindowLog {
 public:
  std::optional<Window> find(milliseconds begin, milliseconds end) const override {
    const std::lock_guard lock(mutex_);
    const auto found = windows_.find({begin, end});
    if (found == windows_.end()) return std::nullopt;
    return found->second;
  }
  void add(const Window& window) override {
    const std::lock_guard lock(mutex_);
    windows_[{window.begin, window.end}] = window;
    added_.push_back(window);
  }

  std::map<std::pair<milliseconds, milliseconds>, Window>& windows() { return windows_; }
  std::vector<Window>& added() { return added_; }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<milliseconds, milliseconds>, Window> windows_;
  std::vector<Window> added_;
};

/// Checks that progress only goes on; can request a stop on the way.
class Reports final : public Progress {
 public:
  void update(Stage stage, milliseconds done, milliseconds total) override {
    EXPECT_EQ(stage, Stage::kTranscribing);
    if (!done_.empty()) {
      EXPECT_GE(done, done_.back());
    }
    done_.push_back(done);
    total_ = total;
    if (static_cast<int>(done_.size()) == stop_after_) stop_.request_stop();
  }

  /// Requests a stop with the given report.
  void stop_after(int reports) { stop_after_ = reports; }
  std::stop_token token() const { return stop_.get_token(); }
  milliseconds done() const { return done_.back(); }
  milliseconds total() const { return total_; }

 private:
  std::stop_source stop_;
  int stop_after_ = 0;
  std::vector<milliseconds> done_;
  milliseconds total_{};
};

/// Finds speech where it was told to, as soon as the audio reaches there.
class KnownSpeech final : public VoiceActivityDetector {
 public:
  explicit KnownSpeech(std::vector<SpeechRegion> regions) : regions_(regions.begin(), regions.end()) {}

  void push(std::span<const float> samples) override { heard_ += static_cast<std::int64_t>(samples.size()); }
  void finish() override { heard_ = std::numeric_limits<std::int64_t>::max(); }
  std::optional<SpeechRegion> pop() override {
    if (regions_.empty() || regions_.front().end > heard_) return std::nullopt;
    const SpeechRegion region = regions_.front();
    regions_.pop_front();
    return region;
  }

 private:
  std::deque<SpeechRegion> regions_;
  std::int64_t heard_ = 0;
};

}  // namespace voxlate::speech
