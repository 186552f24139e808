#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "voxlate/voice_activity.h"

namespace voxlate::speech {

/// Samples `[begin, end)` that the recogniser hears as one piece, and the silence around them.
struct Utterance {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t pause_before = 0;  ///< samples since the last speech; `kNoSpeech` before the first
  std::int64_t pause_after = 0;   ///< samples until the next speech, at least; `kNoSpeech` after the last
  std::vector<SpeechRegion> speech{};

  static constexpr std::int64_t kNoSpeech = std::int64_t{1} << 62;

  bool operator==(const Utterance&) const = default;
};

/// Joins neighbouring speech regions to utterances: as long as possible, since a recogniser gains from
/// context, but not above `max_samples`, and not over a pause of more than `max_pause_samples`. The same
/// regions always give the same utterances. Not thread-safe.
class UtterancePacker {
 public:
  struct Options {
    std::int64_t max_samples = 0;
    std::int64_t max_pause_samples = 0;
  };

  explicit UtterancePacker(const Options& options) : options_(options) {}

  void push(const SpeechRegion& region);

  /// No region that is still to come begins before `position`: an utterance does not wait for one that would be
  /// too far away to join it.
  void pass(std::int64_t position);

  void finish();
  std::optional<Utterance> pop();

 private:
  void close(std::int64_t pause_after);

  const Options options_;
  std::optional<Utterance> open_;
  std::optional<std::int64_t> speech_end_;  ///< of the last region
  std::deque<Utterance> packed_;
};

}  // namespace voxlate::speech
