#include "whisper/languages.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace voxlate::whisper {
namespace {

std::string code_of(std::string_view text) {
  const auto language = find_language(text);
  return language ? std::string(languages()[static_cast<std::size_t>(*language)].code) : "none";
}

TEST(Languages, AreTheHundredOfWhisperInTheOrderOfTheirTokens) {
  ASSERT_EQ(languages().size(), 100U);
  EXPECT_EQ(languages()[0].code, "en");
  EXPECT_EQ(languages()[1].code, "zh");
  EXPECT_EQ(languages()[3].name, "spanish");
  EXPECT_EQ(languages()[20].code, "he");
  EXPECT_EQ(languages()[50].code, "br");
  EXPECT_EQ(languages()[80].code, "ht");
  EXPECT_EQ(languages()[98].code, "su");
  EXPECT_EQ(languages()[99].name, "cantonese");
}

TEST(Languages, HaveDistinctCodesAndNames) {
  std::set<std::string_view> codes;
  std::set<std::string_view> names;
  for (const auto& [code, name] : languages()) {
    codes.insert(code);
    names.insert(name);
  }
  EXPECT_EQ(codes.size(), 100U);
  EXPECT_EQ(names.size(), 100U);
}

TEST(Languages, AreFoundByCodeAndByName) {
  for (int i = 0; i < 100; ++i) {
    const auto& [code, name] = languages()[static_cast<std::size_t>(i)];
    EXPECT_EQ(find_language(code), i) << code;
    EXPECT_EQ(find_language(name), i) << name;
  }
  EXPECT_EQ(code_of("Portuguese"), "pt");
  EXPECT_EQ(code_of("HAITIAN CREOLE"), "ht");
}

TEST(Languages, AreFoundByOtherNames) {
  EXPECT_EQ(code_of("burmese"), "my");
  EXPECT_EQ(code_of("valencian"), "ca");
  EXPECT_EQ(code_of("flemish"), "nl");
  EXPECT_EQ(code_of("haitian"), "ht");
  EXPECT_EQ(code_of("letzeburgesch"), "lb");
  EXPECT_EQ(code_of("pushto"), "ps");
  EXPECT_EQ(code_of("panjabi"), "pa");
  EXPECT_EQ(code_of("moldavian"), "ro");
  EXPECT_EQ(code_of("moldovan"), "ro");
  EXPECT_EQ(code_of("sinhalese"), "si");
  EXPECT_EQ(code_of("Castilian"), "es");
  EXPECT_EQ(code_of("mandarin"), "zh");
}

TEST(Languages, AreFoundByBcp47Tag) {
  EXPECT_EQ(code_of("pt-BR"), "pt");
  EXPECT_EQ(code_of("pt_BR"), "pt");
  EXPECT_EQ(code_of("zh-Hant"), "zh");
  EXPECT_EQ(code_of("zh-Hant-TW"), "zh");
  EXPECT_EQ(code_of("EN-us"), "en");
  EXPECT_EQ(code_of("haw-US"), "haw");
  EXPECT_EQ(code_of("he"), "he");
  EXPECT_EQ(code_of("iw"), "he");
  EXPECT_EQ(code_of("nb-NO"), "no");
  EXPECT_EQ(code_of("no"), "no");
  EXPECT_EQ(code_of("nn"), "nn");
  EXPECT_EQ(code_of("fil"), "tl");
  EXPECT_EQ(code_of("tl"), "tl");
  EXPECT_EQ(code_of("jv"), "jw");
  EXPECT_EQ(code_of("jw"), "jw");
  EXPECT_EQ(code_of("yue-HK"), "yue");
  EXPECT_EQ(code_of("zh-yue"), "yue");
  EXPECT_EQ(code_of("zh-yue-HK"), "yue");
  EXPECT_EQ(code_of("cmn-Hans"), "zh");
  EXPECT_EQ(code_of("in"), "id");
}

TEST(Languages, DoNotHoldWhatWhisperDoesNotKnow) {
  for (const char* text : {"", "-", "e", "eo", "ga-IE", "klingon", "english-US", "en glish", "zhyue", "\xFF"})
    EXPECT_EQ(find_language(text), std::nullopt) << text;
}

TEST(Languages, HaveBcp47Codes) {
  EXPECT_EQ(bcp47_code(0), "en");
  EXPECT_EQ(bcp47_code(*find_language("javanese")), "jv");
  EXPECT_EQ(bcp47_code(*find_language("cantonese")), "yue");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(find_language(bcp47_code(i)), i);
}

}  // namespace
}  // namespace voxlate::whisper
