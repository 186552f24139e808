#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vad/silero_network.h"
#include "vad/speech_regions.h"
#include "voxlate/voice_activity.h"

namespace voxlate::vad {

/// Finds speech with Silero's network. A region is reported at most `max_region` + 1 s of audio after it begins.
/// Memory does not grow with the stream: below 1 MB beside the network, which all detectors share. Not thread-safe.
class SileroVoiceDetector final : public VoiceActivityDetector {
 public:
  using Options = SpeechRegions::Options;

  /// Throws `kInvalidInput` as `SpeechRegions` does.
  SileroVoiceDetector(std::shared_ptr<const SileroNetwork> network, const Options& options);
  explicit SileroVoiceDetector(std::shared_ptr<const SileroNetwork> network)
      : SileroVoiceDetector(std::move(network), Options{}) {}

  void push(std::span<const float> samples) override;
  void finish() override;
  std::optional<SpeechRegion> pop() override { return regions_.pop(); }

 private:
  void run_block();

  const std::shared_ptr<const SileroNetwork> network_;
  SileroNetwork::State state_;
  SpeechRegions regions_;
  std::vector<float> block_;  ///< samples that wait for the rest of their block
  std::vector<float> probabilities_;
  std::int64_t total_samples_ = 0;
};

}  // namespace voxlate::vad
