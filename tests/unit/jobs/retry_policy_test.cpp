#include "jobs/retry_policy.h"

#include <gtest/gtest.h>

namespace voxlate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RetryPolicy, OnlyPassingTroubleIsWorthAnotherTry) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kTimeout, ErrorCode::kOutOfMemory,
                               ErrorCode::kStorageFull, ErrorCode::kInternal}) {
    EXPECT_TRUE(is_retryable(code)) << to_string(code);
  }
  for (const ErrorCode code :
       {ErrorCode::kInvalidInput, ErrorCode::kNotFound, ErrorCode::kConflict, ErrorCode::kTooLarge,
        ErrorCode::kUnsupported, ErrorCode::kCorrupt, ErrorCode::kCancelled}) {
    EXPECT_FALSE(is_retryable(code)) << to_string(code);
  }
}

TEST(RetryPolicy, AJobThatHangsOrRunsOutOfMemoryIsTriedThreeTimes) {
  const RetryPolicy policy;
  EXPECT_EQ(max_attempts_for(policy, ErrorCode::kOutOfMemory), 3);
  EXPECT_EQ(max_attempts_for(policy, ErrorCode::kTimeout), 3);
  EXPECT_EQ(max_attempts_for(policy, ErrorCode::kUnavailable), 5);
  EXPECT_EQ(max_attempts_for(policy, ErrorCode::kCorrupt), 1);
  EXPECT_EQ(max_attempts_for({.max_attempts = 2}, ErrorCode::kOutOfMemory), 2);
}

TEST(RetryPolicy, DelayDoublesUpToItsCap) {
  const RetryPolicy policy;
  EXPECT_EQ(retry_delay(policy, 1, 0.5), seconds(5));
  EXPECT_EQ(retry_delay(policy, 2, 0.5), seconds(10));
  EXPECT_EQ(retry_delay(policy, 4, 0.5), seconds(40));
  EXPECT_EQ(retry_delay(policy, 11, 0.5), seconds(3600));
  EXPECT_EQ(retry_delay(policy, 1'000'000, 0.5), seconds(3600));
}

TEST(RetryPolicy, JitterIsAFifthUpAndDown) {
  const RetryPolicy policy;
  EXPECT_EQ(retry_delay(policy, 1, 0), milliseconds(4000));
  EXPECT_EQ(retry_delay(policy, 1, 1), milliseconds(6000));
}

}  // namespace
}  // namespace voxlate::jobs
