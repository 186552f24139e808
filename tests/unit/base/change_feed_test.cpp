#include "base/change_feed.h"

#include <gtest/gtest.h>

#include <thread>

namespace voxlate {
namespace {

constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::chrono::minutes kLong{1};

TEST(ChangeFeed, ReaderGetsEveryChangeOnceInOrder) {
  ChangeFeed feed(10);
  feed.publish(ChangeKind::kJob, "a", "me");
  feed.publish(ChangeKind::kWindow, "b", "me", "{}");
  const ChangeFeed::Batch first = feed.wait(0, {}, kNoWait, {});
  ASSERT_EQ(first.changes.size(), 2U);
  EXPECT_EQ(first.changes[0].job_id, "a");
  EXPECT_EQ(first.changes[1].payload, "{}");
  EXPECT_TRUE(feed.wait(first.next, {}, kNoWait, {}).changes.empty());
}

TEST(ChangeFeed, FiltersByJob) {
  ChangeFeed feed(10);
  feed.publish(ChangeKind::kJob, "a", "me");
  feed.publish(ChangeKind::kJob, "b", "me");
  const ChangeFeed::Batch batch = feed.wait(0, {.job_id = "b"}, kNoWait, {});
  ASSERT_EQ(batch.changes.size(), 1U);
  EXPECT_EQ(batch.changes[0].job_id, "b");
  EXPECT_EQ(batch.next, 2U);
}

TEST(ChangeFeed, FiltersByOwner) {
  ChangeFeed feed(10);
  feed.publish(ChangeKind::kJob, "a", "me");
  feed.publish(ChangeKind::kDeleted, "b", "somebody else");
  feed.publish(ChangeKind::kJob, "c", "");
  EXPECT_EQ(feed.wait(0, {.owner = "me"}, kNoWait, {}).changes.size(), 1U);
  EXPECT_EQ(feed.wait(0, {.owner = ""}, kNoWait, {}).changes.front().job_id, "c");
  EXPECT_EQ(feed.wait(0, {}, kNoWait, {}).changes.size(), 3U);
}

TEST(ChangeFeed, TellsAReaderThatFellBehind) {
  ChangeFeed feed(2);
  for (int i = 0; i < 5; ++i) feed.publish(ChangeKind::kJob, "a", "me");
  EXPECT_TRUE(feed.wait(1, {}, kNoWait, {}).missed);
  EXPECT_FALSE(feed.wait(3, {}, kNoWait, {}).missed);
}

TEST(ChangeFeed, PlaceOfAnotherProcessCountsAsMissed) {
  ChangeFeed feed(2);
  EXPECT_TRUE(feed.wait(77, {}, kNoWait, {}).missed);
}

TEST(ChangeFeed, WaitEndsWithAChange) {
  ChangeFeed feed(2);
  std::jthread publisher([&] { feed.publish(ChangeKind::kDeleted, "a", "me"); });
  EXPECT_EQ(feed.wait(0, {.job_id = "a"}, kLong, {}).changes.size(), 1U);
}

TEST(ChangeFeed, WaitEndsWithAStop) {
  ChangeFeed feed(2);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_TRUE(feed.wait(0, {.job_id = "a"}, kLong, stop.get_token()).changes.empty());
}

}  // namespace
}  // namespace voxlate
