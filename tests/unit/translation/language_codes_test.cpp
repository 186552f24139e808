#include "translation/language_codes.h"

#include <gtest/gtest.h>

#include <string>

namespace voxlate::translation {
namespace {

TEST(LanguageCodes, MapsApertiumCodesToBcp47) {
  EXPECT_EQ(bcp47_from_apertium("eng"), "en");
  EXPECT_EQ(bcp47_from_apertium("spa"), "es");
  EXPECT_EQ(bcp47_from_apertium("en"), "en");
  EXPECT_EQ(bcp47_from_apertium("hbs"), "sh");
  EXPECT_EQ(bcp47_from_apertium("frp"), "frp") << "no two-letter code exists";
  EXPECT_EQ(bcp47_from_apertium("eng_US"), "en-US");
  EXPECT_EQ(bcp47_from_apertium("pt_BR"), "pt-BR");
  EXPECT_EQ(bcp47_from_apertium("hbs_HR"), "hr");
  EXPECT_EQ(bcp47_from_apertium("cat_valencia"), "ca-valencia");
}

TEST(LanguageCodes, RefusesWhatHasNoTag) {
  for (const char* code :
       {"", "e", "Cyrl", "english", "cat_iec2017", "cat_valencia_uni", "eng_us", "eng_", "_US", "e1"})
    EXPECT_EQ(bcp47_from_apertium(code), std::nullopt) << code;
}

TEST(LanguageCodes, MapsArgosCodesToBcp47) {
  EXPECT_EQ(bcp47_from_argos("en"), "en");
  EXPECT_EQ(bcp47_from_argos("zt"), "zh-Hant");
  EXPECT_EQ(bcp47_from_argos("zh"), "zh");
  EXPECT_EQ(bcp47_from_argos("pb"), "pt-BR");
  EXPECT_EQ(bcp47_from_argos("pt_BR"), "pt-BR");
  EXPECT_EQ(bcp47_from_argos("eng"), "en");
  EXPECT_EQ(bcp47_from_argos("zh-hant-TW"), "zh-Hant-TW");
  for (const char* code : {"", "e", "english", "e1", "en-", "en--us", "../x", "en us", "en\n", "ภา"})
    EXPECT_EQ(bcp47_from_argos(code), std::nullopt) << code;
  EXPECT_EQ(bcp47_from_argos("en" + std::string(100, 'x')), std::nullopt);
}

TEST(LanguageCodes, BaseLanguageDropsSubtags) {
  EXPECT_EQ(base_language("en-US"), "en");
  EXPECT_EQ(base_language("ZH_Hant-TW"), "zh");
  EXPECT_EQ(base_language("es"), "es");
  EXPECT_EQ(base_language(""), "");
}

TEST(LanguageCodes, NormalisesTheWritingOfTags) {
  EXPECT_EQ(normalise_tag("EN_us"), "en-US");
  EXPECT_EQ(normalise_tag("zh-hant-tw"), "zh-Hant-TW");
  EXPECT_EQ(normalise_tag("ca-Valencia"), "ca-valencia");
  EXPECT_EQ(normalise_tag("pt"), "pt");
}

}  // namespace
}  // namespace voxlate::translation
