#include "cache/memory_cache.h"

#include <gtest/gtest.h>

#include "tests/unit/cache/movable_clock.h"

namespace voxlate::cache {
namespace {

TEST(MemoryCache, CountsWhatAnEntryTakesBesidesItsBytes) {
  const MovableClock clock;
  MemoryCache cache({}, clock);
  cache.put("key", "value");
  EXPECT_EQ(cache.stats().bytes, MemoryCache::kEntryBytes + 8);
  cache.put("key", "longer value");
  EXPECT_EQ(cache.stats().bytes, MemoryCache::kEntryBytes + 15);
  EXPECT_EQ(cache.clear(), MemoryCache::kEntryBytes + 15);
}

TEST(MemoryCache, ReplacingAnEntryMakesRoomForItsNewSize) {
  const MovableClock clock;
  MemoryCache cache({.max_bytes = 3 * (MemoryCache::kEntryBytes + 101)}, clock);
  for (const char* key : {"a", "b", "c"}) cache.put(key, std::string(100, 'x'));
  EXPECT_EQ(cache.stats().evictions, 0U);
  cache.put("a", std::string(150, 'y'));
  EXPECT_EQ(cache.stats().evictions, 1U);
  EXPECT_EQ(cache.get("b"), std::nullopt);
  EXPECT_EQ(cache.get("a"), std::string(150, 'y'));
}

TEST(MemoryCache, WithoutATimeToLiveEntriesStay) {
  MovableClock clock;
  MemoryCache cache({.ttl = std::chrono::seconds(0)}, clock);
  cache.put("a", "1");
  cache.put("b", "2", std::chrono::seconds(5));
  clock.advance(std::chrono::hours(100'000));
  EXPECT_EQ(cache.get("a"), "1");
  EXPECT_EQ(cache.get("b"), std::nullopt);
}

TEST(MemoryCache, CompressesWhereThatIsWanted) {
  const MovableClock clock;
  MemoryCache cache({.compression = true}, clock);
  const std::string value(100'000, 'x');
  cache.put("large", value);
  EXPECT_LT(cache.stats().bytes, 2000U);
  EXPECT_EQ(cache.get("large"), value);
  cache.put("small", "1");
  EXPECT_EQ(cache.get("small"), "1");
  cache.put("none", "");
  EXPECT_EQ(cache.get("none"), "");
}

}  // namespace
}  // namespace voxlate::cache
