#include "cache/packed_value.h"

#include <gtest/gtest.h>

#include <random>

namespace voxlate::cache {
namespace {

constexpr std::size_t kMax = 1 << 20;

std::string random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(PackedValue, ComesBackAsItWas) {
  for (const std::string& value :
       {std::string(), std::string("x"), random_bytes(511), random_bytes(5000), std::string(kMax, 'a')}) {
    for (const bool compression : {false, true})
      EXPECT_TRUE(unpack_value(pack_value(value, compression), kMax) == value);
  }
}

TEST(PackedValue, IsSmallWhereThatCanBe) {
  EXPECT_LT(pack_value(std::string(100'000, 'a'), true).size(), 1000U);
  EXPECT_GT(pack_value(std::string(100'000, 'a'), false).size(), 100'000U);
  EXPECT_EQ(pack_value(random_bytes(5000), true).size(), 5009U);
}

TEST(PackedValue, DamageNeverGivesAnotherValue) {
  const std::string value = "one two three one two three " + std::string(600, 'z');
  for (const bool compression : {false, true}) {
    const std::string packed = pack_value(value, compression);
    int unnoticed = 0;  // bits that say nothing about the value, as those that zlib fills up with
    for (std::size_t i = 0; i < packed.size(); ++i) {
      for (const int bit : {0, 3, 7}) {
        std::string damaged = packed;
        damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
        const std::optional<std::string> unpacked = unpack_value(damaged, kMax);
        EXPECT_TRUE(!unpacked || *unpacked == value) << "byte " << i << " bit " << bit;
        unnoticed += unpacked ? 1 : 0;
      }
      EXPECT_EQ(unpack_value(packed.substr(0, i), kMax), std::nullopt) << "cut at " << i;
    }
    EXPECT_LE(unnoticed, compression ? 10 : 0);
    EXPECT_EQ(unpack_value(packed + "x", kMax), std::nullopt);
  }
}

TEST(PackedValue, ALargerValueThanAllowedIsNotUnpacked) {
  EXPECT_EQ(unpack_value(pack_value(std::string(1001, 'a'), true), 1000), std::nullopt);
  EXPECT_TRUE(unpack_value(pack_value(std::string(1000, 'a'), true), 1000).has_value());
  EXPECT_EQ(unpack_value("somebody else's text", kMax), std::nullopt);
}

}  // namespace
}  // namespace voxlate::cache
