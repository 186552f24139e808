#include "speech/speech_reader.h"

#include <algorithm>
#include <span>

namespace voxlate::speech {
namespace {

constexpr std::size_t kBlockSamples = 4096;

}  // namespace

SpeechReader::SpeechReader(AudioSource& audio, VoiceActivityDetector& detector, const Options& options)
    : audio_(audio),
      detector_(detector),
      max_lateness_(samples_in(options.max_region)),
      kept_samples_(kBlockSamples + static_cast<std::size_t>(
                                        samples_in(options.max_utterance + options.max_pause + options.max_region))),
      recent_(kept_samples_),
      packer_({.max_samples = samples_in(options.max_utterance), .max_pause_samples = samples_in(options.max_pause)}),
      block_(kBlockSamples) {}

bool SpeechReader::read() {
  if (ended_) return false;
  const std::size_t count = audio_.read(block_);
  const std::span<const float> samples = std::span<const float>(block_).first(count);
  ended_ = count == 0;
  recent_.push(samples);
  if (ended_) {
    detector_.finish();
  } else {
    detector_.push(samples);
  }
  while (const auto region = detector_.pop()) packer_.push(*region);
  if (ended_) {
    packer_.finish();
  } else {
    packer_.pass(recent_.position() - max_lateness_);
  }
  return true;
}

std::int64_t SpeechReader::passed() const {
  return ended_ ? position() : std::max<std::int64_t>(0, position() - static_cast<std::int64_t>(kept_samples_));
}

}  // namespace voxlate::speech
