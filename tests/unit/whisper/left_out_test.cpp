#include "whisper/left_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t kSecond = kSampleRate;

WindowText text_with(const std::vector<SpeechSpan>& segments, milliseconds advance) {
  WindowText text{.segments = {}, .advance = advance};
  for (const SpeechSpan& span : segments) text.segments.push_back({.begin = span.begin, .end = span.end, .text = "a"});
  return text;
}

SpeechRegion seconds(double begin, double end) {
  return {static_cast<std::int64_t>(begin * kSecond), static_cast<std::int64_t>(end * kSecond)};
}

constexpr milliseconds kAll{30'000};

TEST(LeftOut, NothingWhereSegmentsCoverTheSpeech) {
  const std::vector<SpeechRegion> speech{seconds(100, 110), seconds(112, 130)};
  const WindowText text = text_with({{milliseconds(100), milliseconds(9'000)}, {milliseconds(12'500), kAll}}, kAll);
  EXPECT_THAT(find_left_out(speech, seconds(100, 130), text), IsEmpty()) << "a second or two at their borders is usual";
}

TEST(LeftOut, SpeechBeforeBetweenAndBehindSegments) {
  const std::vector<SpeechRegion> speech{seconds(101, 104), seconds(106, 108), seconds(110, 113), seconds(118, 121)};
  const WindowText text =
      text_with({{milliseconds(6'000), milliseconds(8'000)}, {milliseconds(14'000), milliseconds(15'000)}}, kAll);
  EXPECT_THAT(find_left_out(speech, seconds(100, 130), text),
              ElementsAre(seconds(100, 106), seconds(108, 114), seconds(115, 130)));
}

TEST(LeftOut, PausesDoNotCountAsSpeech) {
  const std::vector<SpeechRegion> speech{seconds(100, 101), seconds(105, 105.9), seconds(110, 120)};
  const WindowText text = text_with({{milliseconds(10'000), milliseconds(20'000)}}, kAll);
  EXPECT_THAT(find_left_out(speech, seconds(100, 130), text), IsEmpty()) << "1.9 seconds of speech in 10";
}

TEST(LeftOut, BehindATextThatEndsEarlyLittleSpeechIsEnough) {
  const std::vector<SpeechRegion> speech{seconds(100, 108), seconds(111, 111.7)};
  const WindowText text = text_with({{milliseconds(0), milliseconds(8'000)}}, milliseconds(8'000));
  EXPECT_THAT(find_left_out(speech, seconds(100, 112), text), ElementsAre(seconds(108, 112)));
}

TEST(LeftOut, EachIsShorterThanTheStretch) {
  const std::vector<SpeechRegion> speech{seconds(100, 110)};
  EXPECT_THAT(find_left_out(speech, seconds(100, 110), text_with({}, kAll)), IsEmpty());
  EXPECT_THAT(find_left_out(speech, seconds(100, 110), text_with({}, milliseconds(300))), IsEmpty());
}

}  // namespace
}  // namespace voxlate::whisper
