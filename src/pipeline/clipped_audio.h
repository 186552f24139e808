#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "voxlate/audio.h"

namespace voxlate::pipeline {

/// A stretch of another source: `length` (0: to the end) of it from `begin` on, counted from its first sample.
/// Its times are those of the whole. Not thread-safe.
class ClippedAudio final : public AudioSource {
 public:
  /// `whole` outlives it and is at its front.
  ClippedAudio(AudioSource& whole, std::chrono::milliseconds begin, std::chrono::milliseconds length);

  std::size_t read(std::span<float> out) override;
  void check() override;
  std::chrono::milliseconds start_time() const override;
  std::optional<std::chrono::milliseconds> duration() const override;

 private:
  void skip();

  AudioSource& whole_;
  const std::chrono::milliseconds begin_;
  const std::chrono::milliseconds length_;
  std::int64_t to_skip_;
  std::int64_t left_;  ///< samples; -1: no limit
};

}  // namespace voxlate::pipeline
