#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "speech/recent_audio.h"
#include "speech/utterance_packer.h"
#include "voxlate/audio.h"
#include "voxlate/voice_activity.h"

namespace voxlate::speech {

/// Reads audio and gives the utterances in it, in order: speech regions of a detector, packed. Memory does not grow
/// with the length of the audio. Not thread-safe.
class SpeechReader {
 public:
  struct Options {
    std::chrono::milliseconds max_utterance{};
    std::chrono::milliseconds max_pause{};   ///< joined over inside an utterance
    std::chrono::milliseconds max_region{};  ///< of the detector: how long its regions are, and how late they come
  };

  SpeechReader(AudioSource& audio, VoiceActivityDetector& detector, const Options& options);

  /// Reads on for a fraction of a second; false when the audio had ended before.
  bool read();

  /// The next utterance that is complete. Its samples can be copied until the next `read`.
  std::optional<Utterance> pop() { return packer_.pop(); }

  std::vector<float> copy(std::int64_t begin, std::int64_t end) const { return recent_.copy(begin, end); }

  /// Samples read so far.
  std::int64_t position() const { return recent_.position(); }

  /// No utterance that is still to come begins before this sample.
  std::int64_t passed() const;

 private:
  AudioSource& audio_;
  VoiceActivityDetector& detector_;
  const std::int64_t max_lateness_;
  const std::size_t kept_samples_;
  RecentAudio recent_;
  UtterancePacker packer_;
  std::vector<float> block_;
  bool ended_ = false;
};

}  // namespace voxlate::speech
