#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "voxlate/voice_activity.h"

namespace voxlate::vad {

/// Makes speech regions of the probabilities of speech that a network gives for one chunk of audio after the other,
/// as Silero's `get_speech_timestamps` does, but while they come.
///
/// A region begins at a chunk of `threshold` and ends where the probability has stayed below it for `min_silence`,
/// counted from the first chunk that is 0.15 lower. What would be longer than `max_region`, padding included, is cut
/// at its longest pause of 98 ms or more (of equal ones the last), or else where it is: then the two parts touch, and
/// the second counts as speech however short it is. A region is reported as soon as nothing can change it, at most
/// `max_region` after it begins. Memory is bounded by `max_region`. Not thread-safe.
class SpeechRegions {
 public:
  struct Options {
    float threshold = 0.5F;                       ///< within (0, 1)
    std::chrono::milliseconds min_speech{250};    ///< shorter bursts are dropped
    std::chrono::milliseconds min_silence{100};   ///< shorter pauses belong to the region
    std::chrono::milliseconds padding{30};        ///< kept before and after the speech; half a pause if that is less
    std::chrono::milliseconds max_region{28000};  ///< at least 1 s + 2 x padding
  };

  /// Throws `kInvalidInput` for options out of their range.
  SpeechRegions(const Options& options, std::int64_t chunk_samples);

  void push(float probability);

  /// The stream ends after `total_samples`, which is inside the last chunk.
  void finish(std::int64_t total_samples);

  std::optional<SpeechRegion> pop();

 private:
  struct Pause {
    std::int64_t begin;
    std::int64_t end;
  };
  struct OpenRegion {
    std::int64_t begin;
    bool continues;                           ///< touches the region before it
    std::optional<std::int64_t> quiet_since;  ///< the end, unless speech comes back
    std::vector<Pause> pauses;                ///< where it may be cut, in order
  };

  void cut(std::int64_t at);
  void report(const OpenRegion& region, std::int64_t end, std::int64_t room_behind);

  const float threshold_;
  const float quiet_threshold_;
  const std::int64_t chunk_samples_;
  const std::int64_t min_speech_;
  const std::int64_t min_silence_;
  const std::int64_t padding_;
  const std::int64_t max_speech_;

  std::int64_t heard_ = 0;
  std::int64_t reported_end_ = 0;
  std::optional<OpenRegion> open_;
  std::deque<SpeechRegion> found_;
};

}  // namespace voxlate::vad
