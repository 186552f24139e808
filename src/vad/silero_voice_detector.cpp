#include "vad/silero_voice_detector.h"

#include <algorithm>
#include <cstddef>

namespace voxlate::vad {
namespace {

constexpr std::size_t kChunkSamples = SileroNetwork::kChunkSamples;
constexpr std::size_t kBlockSamples = 16 * kChunkSamples;  // half a second goes through the network at once

}  // namespace

SileroVoiceDetector::SileroVoiceDetector(std::shared_ptr<const SileroNetwork> network, const Options& options)
    : network_(std::move(network)), state_(*network_), regions_(options, SileroNetwork::kChunkSamples) {
  block_.reserve(kBlockSamples);
}

void SileroVoiceDetector::push(std::span<const float> samples) {
  total_samples_ += static_cast<std::int64_t>(samples.size());
  while (!samples.empty()) {
    const auto taken = samples.first(std::min(samples.size(), kBlockSamples - block_.size()));
    block_.insert(block_.end(), taken.begin(), taken.end());
    samples = samples.subspan(taken.size());
    if (block_.size() == kBlockSamples) run_block();
  }
}

void SileroVoiceDetector::run_block() {
  probabilities_.resize(block_.size() / kChunkSamples);
  network_->run(state_, block_, probabilities_);
  block_.clear();
  for (const float probability : probabilities_) regions_.push(probability);
}

void SileroVoiceDetector::finish() {
  const std::size_t chunks = (block_.size() + kChunkSamples - 1) / kChunkSamples;
  if (chunks > 0) {
    block_.resize(chunks * kChunkSamples);  // silence up to the end of the last chunk
    run_block();
  }
  regions_.finish(total_samples_);
}

}  // namespace voxlate::vad
