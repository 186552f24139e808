#include "media/timeline.h"

#include <gtest/gtest.h>

namespace voxlate::media {
namespace {

constexpr Timeline::Options kOptions{.tolerance = 1600, .max_gap = 160'000, .max_overlap = 160'000};

/// A timeline whose sound began at 8000 and now ends at 16000 + 8000 on the container's clock.
Timeline after_one_second() {
  Timeline timeline(kOptions, /*first_time=*/8000);
  timeline.advance_to(16'000);
  return timeline;
}

TEST(Timeline, FirstFrameNeverJumps) {
  const Timeline timeline(kOptions, /*first_time=*/123'456);
  EXPECT_FALSE(timeline.jumps(123'456));
}

TEST(Timeline, RoundedTimesFollow) {
  const Timeline timeline = after_one_second();
  EXPECT_FALSE(timeline.jumps(24'000 + 1600));
  EXPECT_FALSE(timeline.jumps(24'000 - 1600));
  EXPECT_TRUE(timeline.jumps(24'000 + 1601));
  EXPECT_TRUE(timeline.jumps(24'000 - 1601));
}

TEST(Timeline, UnknownTimeFollows) { EXPECT_FALSE(after_one_second().jumps(std::nullopt)); }

TEST(Timeline, GapBecomesSilence) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 + 5000, /*length=*/1000, /*next_time=*/30'000), 5000);
  EXPECT_EQ(timeline.position(), 21'000);
  EXPECT_FALSE(timeline.jumps(29'000));
}

TEST(Timeline, OverlapIsDropped) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 - 5000, /*length=*/1000, /*next_time=*/20'000), -5000);
  EXPECT_EQ(timeline.position(), 11'000);
  EXPECT_FALSE(timeline.jumps(19'000));
}

TEST(Timeline, LastFrameAfterAGapCounts) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 + 5000, /*length=*/1000, /*next_time=*/std::nullopt), 5000);
}

TEST(Timeline, OneStrangeTimeIsJoined) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 + 90'000, /*length=*/1000, /*next_time=*/25'000), 0);
  timeline.advance_to(17'000);
  EXPECT_FALSE(timeline.jumps(25'000));
}

TEST(Timeline, ClockSetForwardIsJoined) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 + 160'001, /*length=*/1000, /*next_time=*/185'001), 0);
  timeline.advance_to(17'000);
  EXPECT_FALSE(timeline.jumps(185'001));
}

TEST(Timeline, ClockSetBackIsJoined) {
  Timeline timeline = after_one_second();
  EXPECT_EQ(timeline.place(24'000 - 160'001, /*length=*/1000, /*next_time=*/-135'001), 0);
  timeline.advance_to(17'000);
  EXPECT_FALSE(timeline.jumps(-135'001));
}

}  // namespace
}  // namespace voxlate::media
