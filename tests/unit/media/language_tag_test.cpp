#include "media/language_tag.h"

#include <gtest/gtest.h>

namespace voxlate::media {
namespace {

TEST(LanguageTag, ThreeLettersBecomeTwo) {
  EXPECT_EQ(language_tag("eng"), "en");
  EXPECT_EQ(language_tag("deu"), "de");
  EXPECT_EQ(language_tag("tha"), "th");
  EXPECT_EQ(language_tag("haw"), "haw");
}

TEST(LanguageTag, BibliographicCodesAreKnown) {
  EXPECT_EQ(language_tag("ger"), "de");
  EXPECT_EQ(language_tag("fre"), "fr");
  EXPECT_EQ(language_tag("chi"), "zh");
  EXPECT_EQ(language_tag("dut"), "nl");
}

TEST(LanguageTag, TagsStay) {
  EXPECT_EQ(language_tag("en"), "en");
  EXPECT_EQ(language_tag("pt-BR"), "pt-BR");
  EXPECT_EQ(language_tag("zh-Hant-TW"), "zh-Hant-TW");
}

TEST(LanguageTag, UnknownIsEmpty) {
  EXPECT_EQ(language_tag(""), "");
  EXPECT_EQ(language_tag("und"), "");
  EXPECT_EQ(language_tag("```"), "");
  EXPECT_EQ(language_tag(std::string(200, 'e')), "");
}

}  // namespace
}  // namespace voxlate::media
