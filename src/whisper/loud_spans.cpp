#include "whisper/loud_spans.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

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

/// Which meeting of two words each pause belongs to, in order and as near as possible to where the alignment lets
/// them meet: the index of the word before it, or -1.
std::vector<int> meetings_of(std::span<const SpeechSpan> pauses, std::span<const Word> words) {
  constexpr double kFarthest = 500;
  constexpr double kNone = 2 * kFarthest;  // what a pause inside a word costs
  const std::size_t meetings = words.size() - 1;
  // cost[i][k]: of the first i pauses at the first k meetings, at least.
  std::vector<std::vector<double>> cost(pauses.size() + 1, std::vector<double>(meetings + 1, 0));
  const auto distance = [&](std::size_t pause, std::size_t meeting) {
    const auto early = pauses[pause].begin - words[meeting + 1].begin;
    const auto late = words[meeting].end - pauses[pause].end;
    return static_cast<double>(std::max({early, late, milliseconds(0)}).count());
  };
  const auto with = [&](std::size_t i, std::size_t k) {
    const double far = k > 0 ? distance(i - 1, k - 1) : kFarthest + 1;
    return far <= kFarthest ? cost[i - 1][k - 1] + far : std::numeric_limits<double>::infinity();
  };
  for (std::size_t i = 1; i <= pauses.size(); ++i) {
    for (std::size_t k = 0; k <= meetings; ++k) {
      cost[i][k] = std::min(cost[i - 1][k] + kNone, with(i, k));
      if (k > 0) cost[i][k] = std::min(cost[i][k], cost[i][k - 1]);
    }
  }
  std::vector<int> found(pauses.size(), -1);
  std::size_t k = meetings;
  for (std::size_t i = pauses.size(); i > 0; --i) {
    while (k > 0 && cost[i][k] == cost[i][k - 1]) --k;
    if (cost[i][k] == with(i, k)) found[i - 1] = static_cast<int>(--k);
  }
  return found;
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

void meet_in_pauses(std::span<Word> words, std::span<const SpeechSpan> loud) {
  constexpr milliseconds kWordPause{120};    // shorter ones are inside words too, before the release of a stop
  constexpr milliseconds kShortestWord{80};  // a shorter sound is a click
  std::vector<SpeechSpan> pauses;
  for (std::size_t i = 0; i + 1 < loud.size(); ++i) {
    const SpeechSpan pause{loud[i].end, loud[i + 1].begin};
    if (!pauses.empty() && pause.begin - pauses.back().end < kShortestWord)
      pauses.back().end = pause.end;
    else if (pause.end - pause.begin >= kWordPause)
      pauses.push_back(pause);
  }
  if (words.empty()) return;
  const std::vector<int> meetings = meetings_of(pauses, words);
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    if (meetings[i] < 0) continue;
    Word& before = words[static_cast<std::size_t>(meetings[i])];
    Word& behind = words[static_cast<std::size_t>(meetings[i]) + 1];
    const bool behind_ends_later = i + 1 < pauses.size() && meetings[i + 1] == meetings[i] + 1;
    if (before.begin + kShortestWord > pauses[i].begin) continue;
    if (!behind_ends_later && pauses[i].end + kShortestWord > behind.end) continue;
    before.end = pauses[i].begin;
    behind.begin = pauses[i].end;
  }
}

}  // namespace voxlate::whisper
