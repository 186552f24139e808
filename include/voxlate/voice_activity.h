#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "voxlate/audio.h"

namespace voxlate {

/// Samples `[begin, end)` counted from the start of an audio source that hold speech.
struct SpeechRegion {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool operator==(const SpeechRegion&) const = default;
};

/// Finds speech in a stream of 16 kHz mono f32. Feed blocks of any size in order; the regions do not
/// depend on how the stream was cut into blocks. Holds the state of one stream; not thread-safe.
class VoiceActivityDetector {
 public:
  virtual ~VoiceActivityDetector() = default;

  virtual void push(std::span<const float> samples) = 0;

  /// No more samples will come: ends the region that is still open.
  virtual void finish() = 0;

  /// Takes the next complete region, if there is one. Regions are ordered and do not overlap.
  virtual std::optional<SpeechRegion> pop() = 0;
};

}  // namespace voxlate
