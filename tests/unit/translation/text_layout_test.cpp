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

TEST(TextLayout, JoinsWithASpaceExceptInChineseAndJapanese) {
  EXPECT_EQ(joined_text("a", "b"), "a b");
  EXPECT_EQ(joined_text("", "b"), "b");
  EXPECT_EQ(joined_text("a", ""), "a");
  EXPECT_EQ(joined_text("今日は。", "元気"), "今日は。元気");
  EXPECT_EQ(joined_text("今日", "ok"), "今日 ok");
}

TEST(TextLayout, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters("né今"), 3U);
  EXPECT_EQ(count_characters(""), 0U);
}

}  // namespace
}  // namespace voxlate::translation
