#include "whisper/loud_spans.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStep{10};
constexpr std::size_t kStepSamples = 160;
constexpr milliseconds kShortestPause{80};

std::vector<float> levels_of(std::span<const float> samples) {
  std::vector<float> levels;
  for (; samples.size() >= kStepSamples; samples = samples.subspan(kStepSamples)) {
    float sum = 0;
    for (const float sample : samples.first(kStepSamples)) sum += sample * sample;
    levels.push_back(std::sqrt(sum / kStepSamples));
  }
  return levels;
}

float quantile(std::vector<float> levels, double share) {
  const auto at = levels.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(levels.size() - 1));
  std::nth_element(levels.begin(), at, levels.end());
  return *at;
}

float threshold_of(const std::vector<float>& levels) {
  constexpr float kBelowLoud = 0.03F;  // -30 dB
  constexpr float kBelowNoisy = 0.1F;  // -20 dB: the highest that noise makes it
  constexpr float kAboveNoise = 2;     // 6 dB
  constexpr float kDigitalSilence = 1e-4F;
  const float loud = quantile(levels, 0.95);
  const float noise = quantile(levels, 0.05);
  return std::max({kDigitalSilence, kBelowLoud * loud, std::min(kAboveNoise * noise, kBelowNoisy * loud)});
}

}  // namespace

std::vector<SpeechSpan> loud_spans(std::span<const float> samples) {
  const std::vector<float> levels = levels_of(samples);
  if (levels.empty()) return {};
  const float threshold = threshold_of(levels);
  std::vector<SpeechSpan> spans;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] < threshold) continue;
    const milliseconds begin = static_cast<int>(i) * kStep;
    if (spans.empty() || begin - spans.back().end >= kShortestPause) {
      spans.push_back({begin, begin + kStep});
    } else {
      spans.back().end = begin + kStep;
    }
  }
  return spans;
}

}  // namespace voxlate::whisper
