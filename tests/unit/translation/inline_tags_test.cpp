#include "translation/inline_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voxlate::translation {
namespace {

using testing::ElementsAre;

TEST(InlineTags, ReadsTheTagsOfSubtitleFormats) {
  EXPECT_EQ(without_tags("<i>a</i><b>b</b> {\\an8}c<00:01.500>d <v Ann Lee>e</v> <FONT Color='red'>f</font><br/>g"),
            "ab cd e fg");
  for (const char* text : {"a < b > c", "<3", "<3 you>", "{no}", "<unknown>", "<i", "i>", "<i\n>", "<>", "{\\an8"})
    EXPECT_EQ(without_tags(text), text);
}

TEST(InlineTags, PairsNestAndCrossingTagsStandAlone) {
  const std::vector<InlineTag> tags = inline_tags("<i>a<b>b</i>c</b></u>");
  ASSERT_EQ(tags.size(), 5U);
  EXPECT_EQ(tags[0].partner, 2U);
  EXPECT_EQ(tags[2].partner, 0U);
  EXPECT_FALSE(tags[1].partner || tags[3].partner || tags[4].partner);
}

TEST(InlineTags, BalancesTheTagsOfParts) {
  std::vector<std::string> parts = {"<i>one <b>two", "three", "four</b> five</i> six"};
  balance_tags(parts);
  EXPECT_THAT(parts, ElementsAre("<i>one <b>two</b></i>", "<i><b>three</b></i>", "<i><b>four</b> five</i> six"));
  std::vector<std::string> open = {"{\\an8}<v Ann>one", "two"};
  balance_tags(open);
  EXPECT_THAT(open, ElementsAre("{\\an8}<v Ann>one", "two"));
}

}  // namespace
}  // namespace voxlate::translation
