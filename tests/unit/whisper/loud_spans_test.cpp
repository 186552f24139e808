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

/// Words and loud spans as pairs of milliseconds; the words as they are afterwards.
Spans met(const Spans& words, const Spans& loud) {
  std::vector<Word> given;
  for (const auto& [begin, end] : words)
    given.push_back({.text = "word", .begin = milliseconds(begin), .end = milliseconds(end)});
  std::vector<SpeechSpan> spans;
  for (const auto& [begin, end] : loud) spans.push_back({milliseconds(begin), milliseconds(end)});
  meet_in_pauses(given, spans);
  Spans result;
  for (const Word& word : given)
    result.emplace_back(static_cast<int>(word.begin.count()), static_cast<int>(word.end.count()));
  return result;
}

TEST(MeetInPauses, WordsEndAndBeginAtTheNearestPause) {
  EXPECT_EQ(met({{0, 700}, {700, 1500}}, {{0, 500}, {650, 1500}}), (Spans{{0, 500}, {650, 1500}}));
  EXPECT_EQ(met({{0, 300}, {300, 1500}}, {{0, 500}, {650, 1500}}), (Spans{{0, 500}, {650, 1500}}));
}

TEST(MeetInPauses, EveryPauseHasItsOwnMeetingInOrder) {
  // The second meeting is nearer to the first pause, but then no word would be said between the pauses.
  EXPECT_EQ(met({{0, 400}, {400, 1540}, {1540, 2600}}, {{0, 590}, {1480, 1980}, {2130, 2600}}),
            (Spans{{0, 590}, {1480, 1980}, {2130, 2600}}));
}

TEST(MeetInPauses, LeavesWhatIsFarOffOrTooShort) {
  const Spans words{{0, 300}, {300, 1500}};
  EXPECT_EQ(met(words, {{0, 900}, {1050, 1500}}), words) << "more than half a second away";
  EXPECT_EQ(met(words, {{0, 400}, {500, 1500}}), words) << "a pause of 100 ms";
  EXPECT_EQ(met({{0, 900}}, {{0, 300}, {500, 900}}), (Spans{{0, 900}})) << "inside the only word";
  EXPECT_EQ(met({}, {{0, 300}, {500, 900}}), Spans());
}

TEST(MeetInPauses, AClickIsNoWordBetweenTwoPauses) {
  EXPECT_EQ(met({{0, 300}, {300, 600}, {600, 1500}}, {{0, 550}, {800, 820}, {1000, 1500}}),
            (Spans{{0, 300}, {300, 550}, {1000, 1500}}));
}

}  // namespace
}  // namespace voxlate::whisper
