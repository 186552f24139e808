#include "cache/circuit_breaker.h"

#include <gtest/gtest.h>

namespace voxlate::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = CircuitBreaker::State;

constexpr CircuitBreaker::TimePoint kStart{seconds(1000)};

TEST(CircuitBreaker, LetsEverythingThroughWhileItWorks) {
  CircuitBreaker breaker;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(breaker.allow(kStart));
    EXPECT_FALSE(breaker.succeeded());
  }
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(CircuitBreaker, OpensAtTheFirstFailureAndTriesAfterASecond) {
  CircuitBreaker breaker;
  EXPECT_TRUE(breaker.allow(kStart));
  EXPECT_TRUE(breaker.failed(kStart));
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_FALSE(breaker.allow(kStart + milliseconds(999)));
  EXPECT_TRUE(breaker.allow(kStart + milliseconds(1000)));
  EXPECT_EQ(breaker.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker.allow(kStart + milliseconds(1000))) << "one is enough";
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_EQ(breaker.state(), State::kClosed);
}

TEST(CircuitBreaker, TriesLessAndLessOften) {
  CircuitBreaker breaker;
  CircuitBreaker::TimePoint now = kStart;
  breaker.failed(now);
  for (const int delay_s : {1, 2, 4, 8, 16, 30, 30, 30}) {
    EXPECT_FALSE(breaker.allow(now + seconds(delay_s) - milliseconds(1)));
    now += seconds(delay_s);
    ASSERT_TRUE(breaker.allow(now)) << delay_s;
    EXPECT_FALSE(breaker.failed(now)) << "it was open before";
  }
  EXPECT_TRUE(breaker.allow(now + seconds(30)));
  breaker.succeeded();
  EXPECT_TRUE(breaker.failed(now + seconds(30)));
  EXPECT_TRUE(breaker.allow(now + seconds(31))) << "from the start again";
}

TEST(CircuitBreaker, CallsFromBeforeTheFailureChangeNothing) {
  CircuitBreaker breaker;
  EXPECT_TRUE(breaker.failed(kStart));
  EXPECT_FALSE(breaker.failed(kStart + milliseconds(900)));
  EXPECT_FALSE(breaker.succeeded());
  EXPECT_EQ(breaker.state(), State::kOpen);
  EXPECT_TRUE(breaker.allow(kStart + seconds(1)));
}

}  // namespace
}  // namespace voxlate::cache
