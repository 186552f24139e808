#include "translation/text_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> split(std::string_view text, std::vector<std::size_t> weights,
                               const std::string& language = "en") {
  return split_in_proportion(text, weights, language);
}

TEST(TextLayout, SplitsNearTheSharesAtWords) {
  EXPECT_THAT(split("one two three four", {1, 1}), ElementsAre("one two", "three four"));
  EXPECT_THAT(split("one two three four", {1, 3}), ElementsAre("one", "two three four"));
  EXPECT_THAT(split(" one  two ", {1}), ElementsAre("one  two"));
}

TEST(TextLayout, PrefersTheEndOfAClause) {
  EXPECT_THAT(split("when he came home, we were all there", {1, 1}),
              ElementsAre("when he came home,", "we were all there"));
  EXPECT_THAT(split("no one had ever seen it, and it was red", {1, 1}),
              ElementsAre("no one had ever seen it,", "and it was red"));
}

TEST(TextLayout, EveryPartHasTextWhileThereAreWords) {
  EXPECT_THAT(split("a b c", {100, 1, 1}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("a b c", {0, 0, 0}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("a b", {1, 1, 1, 1}), ElementsAre("a", "b"));
  EXPECT_THAT(split("word", {1, 1}), ElementsAre("word"));
  EXPECT_THAT(split("  ", {1, 1}), IsEmpty());
  EXPECT_THAT(split("a", {}), IsEmpty());
}

TEST(TextLayout, CutsLanguagesWithoutSpaces) {
  EXPECT_THAT(split("今日は天気がいい。明日は雨が降る。", {1, 1}, "ja"),
              ElementsAre("今日は天気がいい。", "明日は雨が降る。"));
  const std::vector<std::string> thai = split("สวัสดีครับวันนี้อากาศดีมาก", {1, 1}, "th");
  ASSERT_EQ(thai.size(), 2U);
  EXPECT_EQ(thai[0] + thai[1], "สวัสดีครับวันนี้อากาศดีมาก");
}

TEST(TextLayout, SplitsNoWordOfChineseAndJapanese) {
  EXPECT_THAT(split("他们将其国名变更为北马其顿", {1, 1}, "zh"), ElementsAre("他们将其国名", "变更为北马其顿"));
  EXPECT_THAT(split("ウェールズ議会議員が危惧する", {1, 3}, "ja"), ElementsAre("ウェールズ", "議会議員が危惧する"));
}

TEST(TextLayout, SplitsNoAddressAndNoNumber) {
  EXPECT_THAT(split("see https://a.org/some-long-name/x?y=1", {1, 2, 1}),
              ElementsAre("see", "https://a.org/some-long-name/x?y=1"));
  EXPECT_THAT(split("on 2024-05-01 we", {3, 1}), ElementsAre("on 2024-05-01", "we"));
}

TEST(TextLayout, NoPartIsMarksAlone) {
  EXPECT_THAT(split("well - no", {1, 1, 1}), ElementsAre("well", "- no"));
  EXPECT_THAT(split("- no ...", {1, 1, 1}), ElementsAre("- no ..."));
}

TEST(TextLayout, ArabicAndHebrewAreCutInLogicalOrder) {
  EXPECT_THAT(split("عندما عاد إلى البيت، كنا جميعا هناك", {1, 1}, "ar"),
              ElementsAre("عندما عاد إلى البيت،", "كنا جميعا هناك"));
  EXPECT_THAT(split("כשהוא חזר הביתה, כולנו היינו שם", {1, 1}, "he"),
              ElementsAre("כשהוא חזר הביתה,", "כולנו היינו שם"));
}

TEST(TextLayout, TagsGoOverCuts) {
  const std::vector<std::size_t> halves = {1, 1};
  EXPECT_THAT(split_tagged("<i>one two three four</i>", halves, "en"),
              ElementsAre("<i>one two</i>", "<i>three four</i>"));
  EXPECT_THAT(split_tagged("{\\an8}one <b>two</b> <i>three</i> four", halves, "en"),
              ElementsAre("{\\an8}one <b>two</b>", "<i>three</i> four"));
  EXPECT_THAT(split_tagged("<font color=\"#ff0000\">one two</font>", halves, "en"),
              ElementsAre("<font color=\"#ff0000\">one</font>", "<font color=\"#ff0000\">two</font>"));
  EXPECT_THAT(split_tagged("<i> </i>", halves, "en"), IsEmpty());
  EXPECT_THAT(split_tagged("  <i>a</i> ", halves, "en"), ElementsAre("<i>a</i>"));
}

TEST(TextLayout, CountsWhatAReaderSees) {
  EXPECT_EQ(count_graphemes("<i>ne\u0301</i> สวัสดี"), 7U);
  EXPECT_EQ(count_graphemes(""), 0U);
}

TEST(TextLayout, JoinsWithASpaceExceptInChineseAndJapanese) {
  EXPECT_EQ(joined_text("a", "b"), "a b");
  EXPECT_EQ(joined_text("", "b"), "b");
  EXPECT_EQ(joined_text("a", ""), "a");
  EXPECT_EQ(joined_text("今日は。", "元気"), "今日は。元気");
  EXPECT_EQ(joined_text("今日", "ok"), "今日 ok");
  EXPECT_EQ(joined_text("<i>今日は。</i>", "<i>元気</i>"), "<i>今日は。</i><i>元気</i>");
}

TEST(TextLayout, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters("né今"), 3U);
  EXPECT_EQ(count_characters(""), 0U);
}

}  // namespace
}  // namespace voxlate::translation
