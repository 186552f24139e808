#pragma once

#include <chrono>

#include "voxlate/audio.h"

namespace voxlate::pipeline {

/// Another source, and how long was waited for it. Not thread-safe.
class TimedAudio final : public AudioSource {
 public:
  /// `source` outlives it.
  explicit TimedAudio(AudioSource& source) : source_(source) {}

  std::size_t read(std::span<float> out) override {
    const auto begin = std::chrono::steady_clock::now();
    const std::size_t samples = source_.read(out);
    waited_ += std::chrono::steady_clock::now() - begin;
    return samples;
  }
  void check() override { source_.check(); }
  std::chrono::milliseconds start_time() const override { return source_.start_time(); }
  std::optional<std::chrono::milliseconds> duration() const override { return source_.duration(); }

  /// For the decoder, and for media that is still coming in.
  std::chrono::nanoseconds waited() const { return waited_; }

 private:
  AudioSource& source_;
  std::chrono::nanoseconds waited_{};
};

}  // namespace voxlate::pipeline
