#include "whisper/compression.h"

#include <gtest/gtest.h>

#include <string>

namespace voxlate::whisper {
namespace {

std::string repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// Expected: Python's len(text) / len(zlib.compress(text)).
TEST(CompressionRatio, IsThatOfPythonsZlib) {
  EXPECT_DOUBLE_EQ(compression_ratio("a"), 1.0 / 9);
  EXPECT_DOUBLE_EQ(compression_ratio(" And so my fellow Americans ask not what your country can do for you"),
                   68.0 / 66);
  EXPECT_DOUBLE_EQ(compression_ratio(repeat("feature ", 100)), 800.0 / 24);
}

TEST(CompressionRatio, TellsALoopFromSpeech) {
  EXPECT_LT(compression_ratio(" And so my fellow Americans ask not what your country can do for you"), 1.5);
  EXPECT_GT(compression_ratio(repeat(" you can do", 20)), 2.4);
}

TEST(CompressionRatio, OfNothingIsZero) { EXPECT_EQ(compression_ratio(""), 0); }

}  // namespace
}  // namespace voxlate::whisper
