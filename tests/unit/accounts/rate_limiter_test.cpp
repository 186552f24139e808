#include "accounts/rate_limiter.h"

#include <gtest/gtest.h>

#include "accounts/login_throttle.h"

namespace voxlate::accounts {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RateLimiterTest : public ::testing::Test {
 protected:
  RateLimiter limiter(int quota, seconds window) {
    return RateLimiter({.quota = quota, .window = window}, [this] { return now_; });
  }

  std::chrono::steady_clock::time_point now_{seconds(1000)};
};

TEST_F(RateLimiterTest, AllowsTheQuotaThenSaysWhenToComeBack) {
  RateLimiter limit = limiter(5, seconds(60));
  for (int left = 4; left >= 0; --left) {
    const auto decision = limit.take("ann");
    EXPECT_TRUE(decision.allowed);
    EXPECT_EQ(decision.remaining, left);
  }
  const auto refused = limit.take("ann");
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, seconds(12));
  EXPECT_EQ(refused.full_after, seconds(60));
  EXPECT_TRUE(limit.take("bob").allowed);
}

TEST_F(RateLimiterTest, TheTimeItTellsIsTrue) {
  RateLimiter limit = limiter(5, seconds(60));
  while (limit.take("ann").allowed) {
  }
  now_ += limit.take("ann").retry_after - milliseconds(1);
  EXPECT_FALSE(limit.take("ann").allowed);
  now_ += milliseconds(1);
  EXPECT_TRUE(limit.take("ann").allowed);
}

TEST_F(RateLimiterTest, OverAnHourItAdmitsTheRateAndNoMore) {
  RateLimiter limit = limiter(600, seconds(60));
  int admitted = 0;
  for (int i = 0; i < 3600 * 50; ++i) {
    now_ += milliseconds(20);
    if (limit.take("ann").allowed) ++admitted;
  }
  EXPECT_LE(admitted, 600 + 36'000);
  EXPECT_GE(admitted, 36'000);
}

TEST_F(RateLimiterTest, GivesBackWhatDidNotCount) {
  RateLimiter limit = limiter(1, seconds(60));
  EXPECT_TRUE(limit.take("ann").allowed);
  limit.give_back("ann");
  EXPECT_TRUE(limit.take("ann").allowed);
  EXPECT_FALSE(limit.take("ann").allowed);
}

TEST_F(RateLimiterTest, LookingTakesNothing) {
  RateLimiter limit = limiter(2, seconds(60));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.look("ann").remaining, 2);
  limit.take("ann");
  EXPECT_TRUE(limit.look("ann").allowed);
  limit.take("ann");
  const auto refused = limit.look("ann");
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, seconds(30));
  now_ += seconds(30);
  EXPECT_TRUE(limit.look("ann").allowed);
  EXPECT_TRUE(limit.take("ann").allowed);
  EXPECT_FALSE(limit.take("ann").allowed);
}

TEST_F(RateLimiterTest, NothingIsLimitedWithoutAQuota) {
  RateLimiter limit = limiter(0, seconds(60));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(limit.take("ann").allowed);
}

TEST_F(RateLimiterTest, ForgetsTheOldestWhenThereAreTooManyNames) {
  RateLimiter limit = limiter(1, seconds(3600));
  for (std::size_t i = 0; i < 3 * RateLimiter::kMaxBuckets; ++i) {
    now_ += milliseconds(1);
    EXPECT_TRUE(limit.take("address " + std::to_string(i)).allowed);
  }
  EXPECT_FALSE(limit.take("address " + std::to_string(3 * RateLimiter::kMaxBuckets - 1)).allowed);
  EXPECT_TRUE(limit.take("address 0").allowed);
}

TEST(BackOff, DoublesUpToAQuarterOfAnHourAndNeverLocks) {
  EXPECT_EQ(back_off(0), seconds(0));
  EXPECT_EQ(back_off(5), seconds(0));
  EXPECT_EQ(back_off(6), seconds(1));
  EXPECT_EQ(back_off(7), seconds(2));
  EXPECT_EQ(back_off(15), seconds(512));
  EXPECT_EQ(back_off(16), seconds(900));
  EXPECT_EQ(back_off(1'000'000), seconds(900));
}

TEST(AddressGroup, IsTheAddressOrTheNetworkOfACustomer) {
  EXPECT_EQ(address_group("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_group("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_group(""), "");
  for (const char* here : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"}) {
    EXPECT_TRUE(is_loopback(here)) << here;
  }
  for (const char* there : {"", "128.0.0.1", "0.0.0.0", "::", "10.0.0.1", "fe80::1"}) {
    EXPECT_FALSE(is_loopback(there)) << there;
  }
}

}  // namespace
}  // namespace voxlate::accounts
