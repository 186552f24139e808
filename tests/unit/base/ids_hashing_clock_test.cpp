#include <gtest/gtest.h>

#include <set>

#include "base/clock.h"
#include "base/hashing.h"
#include "base/ids.h"

namespace voxlate {
namespace {

TEST(Ids, AreUniqueAndRecognised) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(random_id());
  EXPECT_EQ(ids.size(), 1000U);
  for (const std::string& id : ids) EXPECT_TRUE(is_id(id)) << id;
  EXPECT_FALSE(is_id("short"));
  EXPECT_FALSE(is_id(std::string(25, 'a') + "/"));
}

TEST(Hashing, MatchesTheStandardsVector) {
  // FIPS 180-4, "abc".
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hashing, StreamEqualsWholeAndStartsAnew) {
  Sha256 hash;
  hash.update("a");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256_hex("abc"));
  EXPECT_EQ(hash.finish(), sha256_hex(""));
}

TEST(Clock, FormatsRfc3339) {
  EXPECT_EQ(format_utc(TimePoint(std::chrono::milliseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_utc(TimePoint(std::chrono::milliseconds(1795265999123))), "2026-11-21T12:59:59.123Z");
}

}  // namespace
}  // namespace voxlate
