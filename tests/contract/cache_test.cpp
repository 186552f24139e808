// What every Cache promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <thread>

#include "base/temporary_folder.h"
#include "cache/file_cache.h"
#include "cache/memory_cache.h"
#include "cache/redis_cache.h"
#include "tests/contract/redis_process.h"

namespace voxlate {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Optional;

constexpr seconds kTtl{3600};

class MovableClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(std::chrono::milliseconds(ms_)); }
  void advance(std::chrono::milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 1'800'000'000'000;
};

struct Limits {
  std::uint64_t max_entries = 0;
  std::uint64_t max_bytes = std::uint64_t{64} << 20U;
};

/// One kind of cache, and what is peculiar to it.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Caches of different names know nothing of each other.
  virtual std::unique_ptr<Cache> make(const std::string& name, const Limits& limits) = 0;

  /// Whether it counts time and entries itself.
  virtual bool limits_itself() const { return true; }

  /// How long the only entry will live still.
  virtual std::chrono::milliseconds time_to_live(Cache&) { return {}; }

  MovableClock clock;
};

class MemoryBackend final : public Backend {
 public:
  std::unique_ptr<Cache> make(const std::string&, const Limits& limits) override {
    return std::make_unique<cache::MemoryCache>(
        cache::MemoryCache::Options{.max_entries = limits.max_entries, .max_bytes = limits.max_bytes, .ttl = kTtl},
        clock);
  }
};

class FileBackend final : public Backend {
 public:
  std::unique_ptr<Cache> make(const std::string& name, const Limits& limits) override {
    return std::make_unique<cache::FileCache>(
        cache::FileCache::Options{
            .folder = folder_ / name, .max_entries = limits.max_entries, .max_bytes = limits.max_bytes, .ttl = kTtl},
        clock);
  }

 private:
  const TemporaryFolder folder_;
};

class RedisBackend final : public Backend {
 public:
  std::unique_ptr<Cache> make(const std::string& name, const Limits& limits) override {
    return std::make_unique<cache::RedisCache>(
        cache::RedisCache::Options{.server = redis_.server(),
                                   .name = name,
                                   .ttl = kTtl,
                                   .max_value_bytes = limits.max_bytes,
                                   .call_limit = seconds(10)});  // the machine may be busy
  }
  bool limits_itself() const override { return false; }
  std::chrono::milliseconds time_to_live(Cache&) override {
    const std::string key = redis_.ask({"RANDOMKEY"}).text;
    return std::chrono::milliseconds(redis_.ask({"PTTL", key}).integer);
  }

 private:
  contract::RedisProcess redis_;
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

class CacheTest : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam().name == "redis" && !contract::RedisProcess::is_installed())
      GTEST_SKIP() << "redis-server is not installed";
    backend_ = GetParam().make();
    cache_ = backend_->make("one", {});
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Cache> cache_;
};

std::string random_bytes(std::size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST_P(CacheTest, GivesBackWhatWasPut) {
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  cache_->put("a", "1");
  cache_->put("b", "2");
  EXPECT_THAT(cache_->get("a"), Optional(std::string("1")));
  EXPECT_THAT(cache_->get("b"), Optional(std::string("2")));
  cache_->put("a", "3");
  EXPECT_THAT(cache_->get("a"), Optional(std::string("3")));
}

TEST_P(CacheTest, KeysAndValuesAreAnyBytes) {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const std::vector<std::string> keys = {
      "", "k", "*", "a b", "[x]?", "ü", all_bytes, "k" + all_bytes, std::string(1000, 'x'), std::string(1001, 'x')};
  const std::vector<std::string> values = {"",
                                           all_bytes,
                                           std::string("\0", 1),
                                           std::string(1 << 20, 'y'),
                                           random_bytes(100'000),
                                           random_bytes(511),
                                           random_bytes(512),
                                           "\r\n",
                                           "$-1\r\n",
                                           all_bytes + all_bytes + all_bytes};
  for (std::size_t i = 0; i < keys.size(); ++i) cache_->put(keys[i], values[i]);
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_TRUE(cache_->get(keys[i]) == values[i]) << "entry " << i;
  EXPECT_EQ(cache_->stats().entries, keys.size());
}

TEST_P(CacheTest, ForgetsWhatIsErased) {
  cache_->put("a", "1");
  cache_->put("b", "2");
  cache_->erase("a");
  cache_->erase("never there");
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  EXPECT_THAT(cache_->get("b"), Optional(std::string("2")));
}

TEST_P(CacheTest, ClearForgetsAllOfThisCacheAndNothingElse) {
  const std::unique_ptr<Cache> other = backend_->make("two", {});
  other->put("a", "of the other");
  for (int i = 0; i < 700; ++i) cache_->put(std::to_string(i), random_bytes(100));
  const CacheStats before = cache_->stats();
  EXPECT_EQ(before.entries, 700U);
  EXPECT_GE(before.bytes, 700U * 100);
  EXPECT_EQ(cache_->clear(), before.bytes);
  EXPECT_EQ(cache_->stats().entries, 0U);
  EXPECT_EQ(cache_->stats().bytes, 0U);
  EXPECT_EQ(cache_->get("1"), std::nullopt);
  EXPECT_EQ(cache_->clear(), 0U);
  EXPECT_THAT(other->get("a"), Optional(std::string("of the other")));
}

TEST_P(CacheTest, Counts) {
  cache_->put("a", "1");
  cache_->put("a", "2");
  cache_->put("b", "3");
  for (const char* key : {"a", "a", "b", "c", "d"}) cache_->get(key);
  cache_->erase("a");
  const CacheStats stats = cache_->stats();
  EXPECT_EQ(stats.entries, 1U);
  EXPECT_EQ(stats.hits, 3U);
  EXPECT_EQ(stats.misses, 2U);
  EXPECT_EQ(stats.stored, 3U);
  EXPECT_EQ(stats.evictions, 0U);
  EXPECT_EQ(stats.errors, 0U);
}

TEST_P(CacheTest, SeveralAtOnceAreTheSameAsOneAfterTheOther) {
  std::vector<CacheItem> items;
  std::vector<std::string> keys;
  for (int i = 0; i < 600; ++i) {
    const std::string key = "key " + std::to_string(i);
    if (i % 3 != 0) items.push_back({.key = key, .value = random_bytes(static_cast<std::size_t>(i))});
    keys.push_back(key);
  }
  cache_->put_many(items);
  const std::vector<std::optional<std::string>> values = cache_->get_many(keys);
  ASSERT_EQ(values.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    EXPECT_TRUE(values[i] == (i % 3 != 0 ? std::optional(random_bytes(i)) : std::nullopt)) << keys[i];
  EXPECT_EQ(cache_->stats().stored, 400U);
  EXPECT_EQ(cache_->stats().hits, 400U);
  EXPECT_EQ(cache_->stats().misses, 200U);
  EXPECT_TRUE(cache_->get_many({}).empty());
}

TEST_P(CacheTest, WhatIsTooLargeIsNotKeptAndNeitherIsWhatWasThereBefore) {
  const std::unique_ptr<Cache> small = backend_->make("small", {.max_bytes = 100'000});
  small->put("a", "1");
  small->put("a", random_bytes(200'000));
  EXPECT_EQ(small->get("a"), std::nullopt);
  small->put("a", "2");
  EXPECT_THAT(small->get("a"), Optional(std::string("2")));
  EXPECT_EQ(small->stats().stored, 2U);
}

TEST_P(CacheTest, EntriesExpire) {
  if (!backend_->limits_itself()) {
    cache_->put("a", "1");
    EXPECT_NEAR(static_cast<double>(backend_->time_to_live(*cache_).count()), 3'600'000, 60'000);
    cache_->put("a", "1", seconds(7200));
    EXPECT_NEAR(static_cast<double>(backend_->time_to_live(*cache_).count()), 7'200'000, 60'000);
    return;
  }
  cache_->put("a", "1");
  cache_->put("short", "2", seconds(10));
  cache_->put("long", "3", seconds(7200));
  backend_->clock.advance(std::chrono::milliseconds(9'999));
  EXPECT_THAT(cache_->get("short"), Optional(std::string("2")));
  backend_->clock.advance(std::chrono::milliseconds(1));
  EXPECT_EQ(cache_->get("short"), std::nullopt);
  backend_->clock.advance(kTtl);
  EXPECT_EQ(cache_->get("a"), std::nullopt);
  EXPECT_THAT(cache_->get("long"), Optional(std::string("3")));
  EXPECT_EQ(cache_->stats().entries, 1U);
  EXPECT_EQ(cache_->stats().misses, 2U);
}

TEST_P(CacheTest, ATimeToLiveOfCenturiesIsALongOne) {
  cache_->put("a", "1", seconds::max());
  EXPECT_THAT(cache_->get("a"), Optional(std::string("1")));
}

TEST_P(CacheTest, ExpiredEntriesGiveBackTheirRoom) {
  if (!backend_->limits_itself()) GTEST_SKIP() << "the server does it itself";
  for (int i = 0; i < 50; ++i) cache_->put(std::to_string(i), "x", seconds(i < 20 ? 10 : 1000));
  const CacheStats before = cache_->stats();
  backend_->clock.advance(seconds(10));
  cache_->remove_expired();
  EXPECT_EQ(cache_->stats().entries, 30U);
  EXPECT_LT(cache_->stats().bytes, before.bytes * 31 / 50);
  EXPECT_GT(cache_->stats().bytes, before.bytes * 29 / 50);
}

TEST_P(CacheTest, BeyondItsEntriesTheLeastRecentlyUsedGoes) {
  if (!backend_->limits_itself()) GTEST_SKIP() << "the server has limits of its own";
  const std::unique_ptr<Cache> small = backend_->make("small", {.max_entries = 3});
  for (const char* key : {"a", "b", "c"}) small->put(key, key);
  small->get("a");
  small->put("b", "again");
  small->put("d", "d");
  EXPECT_EQ(small->get("c"), std::nullopt);
  EXPECT_THAT(small->get_many(std::vector<std::string>{"a", "b", "d"}),
              ElementsAre(Optional(std::string("a")), Optional(std::string("again")), Optional(std::string("d"))));
  EXPECT_EQ(small->stats().evictions, 1U);
  EXPECT_EQ(small->stats().entries, 3U);
  EXPECT_EQ(small->stats().max_entries, 3U);
}

TEST_P(CacheTest, ItsBytesStayWithinTheLimit) {
  if (!backend_->limits_itself()) GTEST_SKIP() << "the server has limits of its own";
  constexpr std::uint64_t kLimit = 300'000;
  const std::unique_ptr<Cache> small = backend_->make("small", {.max_bytes = kLimit});
  for (std::size_t i = 0; i < 200; ++i) {
    small->put(std::to_string(i), random_bytes(500 * i));
    EXPECT_LE(small->stats().bytes, kLimit);
    EXPECT_TRUE(small->get(std::to_string(i)).has_value()) << "the latest stays";
  }
  EXPECT_EQ(small->stats().max_bytes, kLimit);
  EXPECT_EQ(small->stats().stored, 200U);
  EXPECT_EQ(small->stats().entries + small->stats().evictions, 200U);
}

TEST_P(CacheTest, ManyThreadsSeeWholeValues) {
  constexpr int kThreads = 4;
  constexpr unsigned kKeys = 20;
  constexpr int kCalls = 400;
  const std::unique_ptr<Cache> shared = backend_->make("shared", {.max_entries = 10});
  std::atomic<int> wrong = 0;
  std::atomic<std::uint64_t> asked = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937 random(static_cast<unsigned>(t));
        for (int i = 0; i < kCalls; ++i) {
          const std::string key = "key" + std::to_string(random() % kKeys);
          const unsigned what = random() % 16;
          if (what < 6) {
            shared->put(key, key + std::string(random() % 5000, static_cast<char>('a' + random() % 26)));
          } else if (what == 6) {
            shared->erase(key);
          } else if (what == 7 && i % 50 == 0) {
            shared->clear();
          } else {
            ++asked;
            const auto value = shared->get(key);
            if (!value) continue;
            const std::string_view rest = std::string_view(*value).substr(std::min(key.size(), value->size()));
            const bool one_letter = rest.empty() || rest.find_first_not_of(rest.front()) == std::string_view::npos;
            if (!value->starts_with(key) || !one_letter) ++wrong;
          }
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  const CacheStats stats = shared->stats();
  EXPECT_EQ(stats.hits + stats.misses, asked);
  EXPECT_EQ(stats.errors, 0U);
  EXPECT_LE(stats.entries, backend_->limits_itself() ? 10U : kKeys);
  EXPECT_EQ(shared->clear(), stats.bytes);
}

INSTANTIATE_TEST_SUITE_P(All, CacheTest,
                         testing::Values(Kind{"memory", [] { return std::make_unique<MemoryBackend>(); }},
                                         Kind{"file", [] { return std::make_unique<FileBackend>(); }},
                                         Kind{"redis", [] { return std::make_unique<RedisBackend>(); }}),
                         [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

}  // namespace
}  // namespace voxlate
