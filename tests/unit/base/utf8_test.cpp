#include "base/utf8.h"

#include <gtest/gtest.h>

namespace voxlate {
namespace {

TEST(Utf8, TellsWellFormedFromMalformed) {
  EXPECT_TRUE(is_utf8("ก plain, ไทย 😀"));
  EXPECT_FALSE(is_utf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(is_utf8("abc\xE2\x82"));       // cut off
}

TEST(Utf8, RepairReplacesOnlyTheBadBytes) {
  EXPECT_EQ(repair_utf8("a\xFF"
                        "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(repair_utf8("ไทย"), "ไทย");
}

TEST(Utf8, TruncateNeverSplitsACharacter) {
  EXPECT_EQ(truncate_utf8("aก", 2), "a");
  EXPECT_EQ(truncate_utf8("aก", 4), "aก");
}

TEST(SafeFileName, KeepsTheNameAndDropsThePath) {
  EXPECT_EQ(safe_file_name("../../etc/passwd", 200), "passwd");
  EXPECT_EQ(safe_file_name("C:\\films\\talk.mp4", 200), "talk.mp4");
  EXPECT_EQ(safe_file_name("การพูด.mp4", 200), "การพูด.mp4");
}

TEST(SafeFileName, DropsWhatBreaksHeadersAndShells) {
  EXPECT_EQ(safe_file_name("a\r\nb\"c\x7F"
                           "d",
                           200),
            "abcd");
  EXPECT_EQ(safe_file_name("a\xE2\x80\xA8"
                           "b",
                           200),
            "ab");
}

TEST(SafeFileName, IsNeverEmptyOrAFolder) {
  for (const char* name : {"", ".", "..", "/", "...", "\x01"}) EXPECT_EQ(safe_file_name(name, 200), "media") << name;
}

TEST(SafeFileName, CutsLongNamesBetweenCharacters) {
  const std::string name = safe_file_name("กกกกกกกก", 10);
  EXPECT_EQ(name, "กกก");
}

}  // namespace
}  // namespace voxlate
