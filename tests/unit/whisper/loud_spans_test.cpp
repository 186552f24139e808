#include "whisper/loud_spans.h"

#include <gtest/gtest.h>

#include <cmath>

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPerMillisecond = 16;

std::vector<float> tone(int ms, float amplitude) {
  std::vector<float> samples(static_cast<std::size_t>(ms) * kPerMillisecond);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = amplitude * std::sin(0.1F * static_cast<float>(i));
  return samples;
}

std::vector<float> joined(const std::vector<std::vector<float>>& parts) {
  std::vector<float> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

std::vector<std::pair<int, int>> spans_in_ms(std::span<const float> samples) {
  std::vector<std::pair<int, int>> spans;
  for (const SpeechSpan& span : loud_spans(samples))
    spans.emplace_back(static_cast<int>(span.begin.count()), static_cast<int>(span.end.count()));
  return spans;
}

using Spans = std::vector<std::pair<int, int>>;

TEST(LoudSpans, ArePartedByPausesOf80Milliseconds) {
  const std::vector<float> samples =
      joined({tone(200, 0), tone(300, 0.5F), tone(80, 0), tone(100, 0.3F), tone(70, 0), tone(100, 0.5F)});
  EXPECT_EQ(spans_in_ms(samples), (Spans{{200, 500}, {580, 850}}));
}

TEST(LoudSpans, HearPausesInNoise) {
  const std::vector<float> samples = joined({tone(300, 0.02F), tone(300, 0.5F), tone(200, 0.02F), tone(300, 0.4F)});
  EXPECT_EQ(spans_in_ms(samples), (Spans{{300, 600}, {800, 1100}}));
}

TEST(LoudSpans, AreOneWhereNothingIsQuiet) { EXPECT_EQ(spans_in_ms(tone(500, 0.2F)), (Spans{{0, 500}})); }

TEST(LoudSpans, HaveNothingInSilence) {
  EXPECT_TRUE(loud_spans({}).empty());
  EXPECT_TRUE(loud_spans(tone(5, 0.5F)).empty()) << "less than one step";
  EXPECT_TRUE(loud_spans(tone(500, 0)).empty());
}

}  // namespace
}  // namespace voxlate::whisper
