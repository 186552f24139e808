#include "whisper/window_cut.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/whisper/vocabularies.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

class WindowCutTest : public ::testing::Test {
 protected:
  int time(int ms) const { return tokenizer_.timestamp_begin() + ms / 20; }
  WindowCut cut(const std::vector<int>& tokens, int length_ms = 30'000) const {
    return cut_window(tokenizer_, tokens, milliseconds(length_ms));
  }

  const Tokenizer tokenizer_{small_tokenizer({})};
};

TEST_F(WindowCutTest, OneSegmentBetweenTwoTimestamps) {
  const WindowCut result = cut({time(1000), 5, 6, time(3000)});
  ASSERT_EQ(result.segments.size(), 1U);
  EXPECT_EQ(result.segments[0].begin, milliseconds(1000));
  EXPECT_EQ(result.segments[0].end, milliseconds(3000));
  EXPECT_EQ(result.segments[0].tokens, (std::vector<int>{5, 6}));
  EXPECT_EQ(result.segments[0].first_token, 1U);
  EXPECT_EQ(result.advance, milliseconds(30'000));
}

TEST_F(WindowCutTest, AWindowThatEndsInsideASegmentGoesOnBehindTheLastWholeOne) {
  const WindowCut result = cut({time(0), 5, time(2000), time(2400), 6, 7, time(9000), time(9000)});
  ASSERT_EQ(result.segments.size(), 2U);
  EXPECT_EQ(result.segments[1].begin, milliseconds(2400));
  EXPECT_EQ(result.segments[1].end, milliseconds(9000));
  EXPECT_EQ(result.segments[1].first_token, 4U);
  EXPECT_EQ(result.advance, milliseconds(9000));
}

TEST_F(WindowCutTest, TextBehindTheLastPairIsHeardAgain) {
  const WindowCut result = cut({time(0), 5, time(2000), time(2400), 6, 7});
  ASSERT_EQ(result.segments.size(), 1U);
  EXPECT_EQ(result.advance, milliseconds(2000));
}

TEST_F(WindowCutTest, AWindowThatEndsWithOneTimestampIsWhole) {
  const WindowCut result = cut({time(0), 5, time(2000), time(2400), 6, 7, time(9000)});
  ASSERT_EQ(result.segments.size(), 2U);
  EXPECT_EQ(result.segments[1].end, milliseconds(9000));
  EXPECT_EQ(result.advance, milliseconds(30'000));
}

TEST_F(WindowCutTest, WithoutTimestampsTheTextFillsTheWindow) {
  const WindowCut result = cut({5, 6}, 12'340);
  ASSERT_EQ(result.segments.size(), 1U);
  EXPECT_EQ(result.segments[0].begin, milliseconds(0));
  EXPECT_EQ(result.segments[0].end, milliseconds(12'340));
  EXPECT_EQ(result.advance, milliseconds(12'340));
}

TEST_F(WindowCutTest, NoTimeIsBehindTheAudio) {
  const WindowCut result = cut({time(0), 5, time(4000), time(4000), 6, time(29'000)}, 5000);
  ASSERT_EQ(result.segments.size(), 2U);
  EXPECT_EQ(result.segments[1].end, milliseconds(5000));
}

TEST_F(WindowCutTest, NothingSaidIsNoSegment) {
  EXPECT_TRUE(cut({}).segments.empty());
  EXPECT_TRUE(cut({time(0), time(30'000)}).segments.empty());
  EXPECT_EQ(cut({}).advance, milliseconds(30'000));
}

}  // namespace
}  // namespace voxlate::whisper
