// A Redis that dies, hangs, is slow, forgets, refuses: no call takes long, nothing throws, and it is used again later.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <thread>

#include "cache/redis_cache.h"
#include "tests/contract/redis_process.h"
#include "voxlate/error.h"

namespace voxlate::cache {
namespace {

using contract::RedisProcess;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;
using State = CircuitBreaker::State;

constexpr milliseconds kPromised{50};  // for any call
constexpr milliseconds kOnABusyMachine{1000};

class RedisFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!RedisProcess::is_installed()) GTEST_SKIP() << "redis-server is not installed";
  }

  RedisCache::Options options(const RedisServer& server) {
    RedisCache::Options options{.server = server, .name = "test"};
    options.now = [this] { return CircuitBreaker::TimePoint(seconds(1000)) + milliseconds(now_ms_); };
    return options;
  }
  /// For tests in which calls work, however busy the machine is.
  RedisCache::Options patient(const RedisServer& server) {
    RedisCache::Options long_limit = options(server);
    long_limit.call_limit = seconds(10);
    return long_limit;
  }
  void advance(milliseconds by) { now_ms_ += by.count(); }

  /// Every kind of call, each as the first after the breaker lets one through. The promise is kept by most of them: the
  /// machine may have other things to do in between.
  void expect_quick_failures(RedisCache& cache) {
    std::vector<milliseconds> times;
    const std::vector<std::string> keys(1000, "key");
    const std::vector<CacheItem> items(1000, CacheItem{.key = "key", .value = std::string(1000, 'x')});
    const std::vector<std::function<void()>> calls = {
        [&] { EXPECT_EQ(cache.get("key"), std::nullopt); },
        [&] { cache.put("key", "value"); },
        [&] { EXPECT_EQ(cache.get_many(keys), std::vector<std::optional<std::string>>(keys.size())); },
        [&] { cache.put_many(items); },
        [&] { cache.erase("key"); },
        [&] { EXPECT_EQ(cache.clear(), 0U); },
        [&] { EXPECT_EQ(cache.stats().entries, 0U); }};
    for (const auto& call : calls) {
      advance(CircuitBreaker::kLastDelay);
      const SteadyClock::time_point start = SteadyClock::now();
      call();
      times.push_back(std::chrono::duration_cast<milliseconds>(SteadyClock::now() - start));
      EXPECT_EQ(cache.breaker(), State::kOpen) << "opened by one call";
      EXPECT_FALSE(cache.connected());
      // While it is open a call costs nothing and does not ask the server.
      const std::uint64_t errors = cache.stats().errors;
      EXPECT_EQ(cache.get("key"), std::nullopt);
      EXPECT_EQ(cache.stats().errors, errors);
    }
    std::sort(times.begin(), times.end());
    EXPECT_LE(times[times.size() / 2], kPromised);
    EXPECT_LE(times.back(), kOnABusyMachine);
  }

  void expect_works_again(RedisCache& cache) {
    constexpr int kTries = 50;  // a busy machine may take longer than a call
    std::optional<std::string> got;
    for (int i = 0; i < kTries && !got; ++i) {
      advance(CircuitBreaker::kLastDelay);
      cache.put("key", "again");
      got = cache.get("key");
    }
    EXPECT_EQ(got, "again");
    EXPECT_EQ(cache.breaker(), State::kClosed);
    EXPECT_TRUE(cache.connected());
  }

 private:
  std::atomic<std::int64_t> now_ms_ = 0;
};

TEST_F(RedisFaults, NobodyThere) {
  RedisProcess redis;
  redis.kill();
  RedisCache cache(options(redis.server()));
  expect_quick_failures(cache);
  redis.start();
  expect_works_again(cache);
}

TEST_F(RedisFaults, KilledAndStartedAgain) {
  RedisProcess redis;
  RedisCache cache(options(redis.server()));
  cache.put("key", "value");
  redis.kill();
  expect_quick_failures(cache);
  redis.start();
  expect_works_again(cache);
}

TEST_F(RedisFaults, RestartedBetweenTwoCallsItIsNoFailure) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  cache.put("key", "value");
  redis.kill();
  redis.start();
  EXPECT_EQ(cache.get("key"), std::nullopt);
  EXPECT_EQ(cache.breaker(), State::kClosed);
  EXPECT_EQ(cache.stats().errors, 0U);
  expect_works_again(cache);
}

TEST_F(RedisFaults, Hanging) {
  RedisProcess redis;
  RedisCache used(options(redis.server()));
  RedisCache fresh(options(redis.server()));
  used.put("key", "value");
  redis.signal(SIGSTOP);
  expect_quick_failures(used);
  expect_quick_failures(fresh);
  redis.signal(SIGCONT);
  expect_works_again(used);
  expect_works_again(fresh);
}

TEST_F(RedisFaults, SlowFor5Seconds) {
  RedisProcess redis;
  RedisCache cache(options(redis.server()));
  cache.put("key", "value");
  const std::jthread sleeper([&redis] { EXPECT_THROW(redis.ask({"DEBUG", "SLEEP", "5"}), Error) << "it is killed"; });
  const auto answers = [&redis] {
    try {
      redis.ask({"PING"}, milliseconds(300));
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  while (answers()) {
  }
  expect_quick_failures(cache);
  redis.kill();
}

TEST_F(RedisFaults, ManyThreadsAtOnceDoNotWaitForEachOther) {
  RedisProcess redis;
  RedisCache::Options few = options(redis.server());
  few.max_connections = 2;
  RedisCache cache(few);
  redis.signal(SIGSTOP);
  const SteadyClock::time_point start = SteadyClock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) threads.emplace_back([&cache] { EXPECT_EQ(cache.get("key"), std::nullopt); });
  }
  EXPECT_LE(SteadyClock::now() - start, kOnABusyMachine);
  redis.signal(SIGCONT);
  expect_works_again(cache);
}

TEST_F(RedisFaults, BusyConnectionsAreNoFailureOfTheServer) {
  RedisProcess redis;
  RedisCache::Options one = patient(redis.server());
  one.max_connections = 1;
  RedisCache cache(one);
  std::atomic<int> found = 0;
  cache.put("key", "value");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < 50; ++call) found += cache.get("key") ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(found, 400);
  EXPECT_EQ(cache.stats().errors, 0U);
}

TEST_F(RedisFaults, Flushed) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  cache.put("key", "value");
  EXPECT_EQ(redis.ask({"FLUSHALL"}).text, "OK");
  EXPECT_EQ(cache.get("key"), std::nullopt);
  EXPECT_EQ(cache.stats().entries, 0U);
  EXPECT_EQ(cache.stats().errors, 0U);
  expect_works_again(cache);
}

TEST_F(RedisFaults, OutOfMemoryItStillGivesWhatItHas) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  cache.put("kept", "value");
  cache.put("key", "old");
  EXPECT_EQ(redis.ask({"CONFIG", "SET", "maxmemory", "1"}).text, "OK");
  cache.put("key", "new");
  EXPECT_EQ(cache.stats().errors, 1U);
  EXPECT_EQ(cache.stats().stored, 2U);
  EXPECT_EQ(cache.get("kept"), "value");
  EXPECT_EQ(cache.get("key"), std::nullopt) << "the old value is not the one that was put last";
  EXPECT_EQ(cache.breaker(), State::kClosed);
  EXPECT_EQ(redis.ask({"CONFIG", "SET", "maxmemory", "0"}).text, "OK");
  expect_works_again(cache);
}

TEST_F(RedisFaults, APasswordThatIsMissingOrWrong) {
  RedisProcess redis({"--requirepass", "hunter2"});
  RedisServer server = redis.server();
  RedisCache without(options(server));
  expect_quick_failures(without);
  server.password = "hunter3";
  RedisCache wrong(options(server));
  expect_quick_failures(wrong);
  server.password = "hunter2";
  server.database = 3;
  RedisCache right(patient(server));
  expect_works_again(right);
  server.user = "default";
  server.database = 4;
  RedisCache elsewhere(patient(server));
  EXPECT_EQ(elsewhere.get("key"), std::nullopt) << "another database";
  server.database = 99;
  RedisCache nowhere(options(server));
  expect_quick_failures(nowhere);
}

TEST_F(RedisFaults, APasswordThatIsSetMeanwhile) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  cache.put("key", "value");
  EXPECT_EQ(redis.ask({"CONFIG", "SET", "requirepass", "hunter2"}).text, "OK");
  EXPECT_EQ(cache.get("key"), "value") << "whoever is in stays in";
  EXPECT_EQ(cache.breaker(), State::kClosed);
}

TEST_F(RedisFaults, ClearLeavesTheKeysOfOthers) {
  RedisProcess redis;
  redis.ask({"SET", "of another program", "1"});
  redis.ask({"SET", "voxlate:tests:k1", "1"});
  redis.ask({"SET", "voxlate:test", "1"});
  RedisCache cache(patient(redis.server()));
  for (int i = 0; i < 3000; ++i) cache.put(std::to_string(i), "x");
  EXPECT_EQ(cache.stats().entries, 3000U);
  EXPECT_GT(cache.clear(), 3000U);
  EXPECT_EQ(redis.ask({"DBSIZE"}).integer, 3);
}

TEST_F(RedisFaults, WhatOthersWriteUnderOurKeysIsAMiss) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  cache.put("key", "value");
  EXPECT_EQ(redis.ask({"SET", "voxlate:test:kkey", "something else"}).text, "OK");
  EXPECT_EQ(cache.get("key"), std::nullopt);
  EXPECT_EQ(redis.ask({"LPUSH", "voxlate:test:klist", "x"}).integer, 1);
  EXPECT_EQ(cache.get("list"), std::nullopt);
  EXPECT_EQ(cache.stats().errors, 3U) << "with the length of the list, which is none";
  cache.put("list", "value");
  EXPECT_EQ(cache.get("list"), "value");
  EXPECT_EQ(cache.breaker(), State::kClosed);
}

TEST_F(RedisFaults, LargeValuesAreCompressed) {
  RedisProcess redis;
  RedisCache cache(patient(redis.server()));
  const std::string text(200'000, 'a');
  cache.put("key", text);
  EXPECT_LT(redis.ask({"STRLEN", "voxlate:test:kkey"}).integer, 2000);
  EXPECT_EQ(cache.get("key"), text);
}

}  // namespace
}  // namespace voxlate::cache
