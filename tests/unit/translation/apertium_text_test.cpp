#include "translation/apertium_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/utf8.h"

namespace voxlate::translation {
namespace {

std::string round_trip(std::string_view text) { return from_apertium_stream(to_apertium_stream(text)); }

TEST(ApertiumText, LeavesPlainWordsPlainAndAddsAnEnd) {
  EXPECT_EQ(to_apertium_stream("I have a dog."), "I have a dog..[]");
  EXPECT_EQ(from_apertium_stream("Tengo un perro..[]"), "Tengo un perro.");
}

TEST(ApertiumText, PutsSpecialCharactersIntoSuperblanks) {
  EXPECT_EQ(to_apertium_stream("a [b] c\\d"), "a [\\[]b[\\]] c[\\\\]d.[]");
  EXPECT_EQ(to_apertium_stream("x\ny"), "x[\n]y.[]");
  const std::string all = "^$/<>{}\\*@#+~[]";
  EXPECT_EQ(round_trip(all), all);
}

TEST(ApertiumText, KeepsAddressesWhole) {
  EXPECT_EQ(to_apertium_stream("See https://a.org/the, me@a.org."), "See [https:\\/\\/a.org\\/the], [me\\@a.org]..[]");
  EXPECT_EQ(to_apertium_stream("at @home"), "at [\\@]home.[]");
}

TEST(ApertiumText, KeepsPlaceHoldersWhole) {
  EXPECT_EQ(to_apertium_stream("a<x id=\"12\"/> b <x id=\"3\"/>, c"),
            "a[\\<x id=\"12\"\\/\\>] b [\\<x id=\"3\"\\/\\>], c.[]");
  EXPECT_EQ(to_apertium_stream("<x id=\"\">"), "[\\<]x id=\"\"[\\>].[]");
  const std::string text = "<x id=\"1\"/><x id=\"2\"/> a <x id=\"3\" /> <x";
  EXPECT_EQ(round_trip(text), text);
}

TEST(ApertiumText, CollapsesBlanksAndDropsNul) {
  EXPECT_EQ(round_trip("  a \t b\xC2\xA0"
                       "c  \n  d  "),
            "a b c\nd");
  EXPECT_EQ(round_trip(std::string("a\0b", 3)), "ab");
}

TEST(ApertiumText, RepairsMalformedUtf8) {
  EXPECT_EQ(round_trip("a\xFF"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
}

TEST(ApertiumText, EndsOfAnswersAreOnlyTakenOnce) {
  EXPECT_EQ(from_apertium_stream("Hola"), "Hola");
  EXPECT_EQ(from_apertium_stream("Hola[]"), "Hola");
  EXPECT_EQ(from_apertium_stream(".[]"), "");
  EXPECT_EQ(from_apertium_stream("Hola\\"), "Hola\\");
  EXPECT_TRUE(is_whole_answer("Hola.[]"));
  EXPECT_FALSE(is_whole_answer(""));
  EXPECT_FALSE(is_whole_answer("Hola. "));
}

TEST(ApertiumText, RoundTripKeepsEveryText) {
  const std::string alphabet = "ab .,?!'-^$/<>{}\\*@#+~[]\n\xC3\xA9";
  std::mt19937 random(7);  // NOLINT: the same texts every time
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    const auto length = static_cast<int>(random() % 30);
    for (int j = 0; j < length; ++j) text += alphabet[random() % alphabet.size()];
    const std::string once = round_trip(text);
    EXPECT_EQ(round_trip(once), once) << text;
    EXPECT_TRUE(is_utf8(once));
    EXPECT_EQ(to_apertium_stream(text).find('\0'), std::string::npos);
    std::string with_single_blanks;
    for (const char c : repair_utf8(text)) {
      if (c == ' ' &&
          (with_single_blanks.empty() || with_single_blanks.back() == ' ' || with_single_blanks.back() == '\n'))
        continue;
      if (c == '\n' && !with_single_blanks.empty() && with_single_blanks.back() == ' ') with_single_blanks.pop_back();
      with_single_blanks += c;
    }
    if (!with_single_blanks.empty() && with_single_blanks.back() == ' ') with_single_blanks.pop_back();
    EXPECT_EQ(once, with_single_blanks) << text;
  }
}

}  // namespace
}  // namespace voxlate::translation
