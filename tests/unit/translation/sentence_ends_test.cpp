#include "translation/sentence_ends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace voxlate::translation {
namespace {

using testing::ElementsAre;

/// The sentences of `text`, with "…|" behind each that ended.
std::vector<std::string> cut(std::string_view text) {
  std::vector<std::string> sentences;
  std::size_t begin = 0;
  for (const std::size_t end : sentence_ends(text)) {
    sentences.push_back(std::string(text.substr(begin, end - begin)) + "|");
    begin = end;
  }
  if (begin < text.size()) sentences.emplace_back(text.substr(begin));
  return sentences;
}

TEST(SentenceEnds, EndsAtMarks) {
  EXPECT_THAT(cut("One. Two! Three? Four"), ElementsAre("One.|", " Two!|", " Three?|", " Four"));
  EXPECT_THAT(cut("we go. and then it is done."), ElementsAre("we go.|", " and then it is done.|"));
  EXPECT_THAT(cut("Really?! Yes… No... But"), ElementsAre("Really?!|", " Yes…|", " No...|", " But"));
}

TEST(SentenceEnds, TakesClosingQuotesAlong) {
  EXPECT_THAT(cut("He said \"Go.\" Then (he left.) Now"), ElementsAre("He said \"Go.\"|", " Then (he left.)|", " Now"));
  EXPECT_THAT(cut("Dijo «ven.» Y fue"), ElementsAre("Dijo «ven.»|", " Y fue"));
}

TEST(SentenceEnds, AQuotationOrAPauseMayGoOn) {
  EXPECT_THAT(cut("\"What?\" he said. Ok"), ElementsAre("\"What?\" he said.|", " Ok"));
  EXPECT_THAT(cut("well... maybe not. Ok"), ElementsAre("well... maybe not.|", " Ok"));
}

TEST(SentenceEnds, AbbreviationsAndInitialsDoNotEnd) {
  for (const char* text :
       {"Mr. Smith and Dr. Jones came", "fruit, e.g. Apples", "J. S. Bach wrote", "the U.S. Army left",
        "see No. 5 there", "apples etc. and pears", "at 5 p.m. we left", "Sra. García vino", "I met Mr."})
    EXPECT_THAT(cut(text), ElementsAre(text)) << text;
}

TEST(SentenceEnds, SomeAbbreviationsMayEnd) {
  EXPECT_THAT(cut("Apples etc. Then pears"), ElementsAre("Apples etc.|", " Then pears"));
  EXPECT_THAT(cut("At 5 p.m. Then we left"), ElementsAre("At 5 p.m.|", " Then we left"));
  EXPECT_THAT(cut("I said no. Then"), ElementsAre("I said no.|", " Then"));
  EXPECT_THAT(cut("It was I. Then"), ElementsAre("It was I.|", " Then"));
  EXPECT_THAT(cut("In the U.S."), ElementsAre("In the U.S.|"));
}

TEST(SentenceEnds, NumbersAndAddressesStayWhole) {
  EXPECT_THAT(cut("It is 3.5 at a.org/x?y now"), ElementsAre("It is 3.5 at a.org/x?y now"));
  EXPECT_THAT(cut("1. First thing"), ElementsAre("1. First thing"));
  EXPECT_THAT(cut("It was 1990. Then"), ElementsAre("It was 1990.|", " Then"));
}

TEST(SentenceEnds, ChineseAndJapaneseMarksNeedNoBlank) {
  EXPECT_THAT(cut("今日は。元気？「はい。」そう"), ElementsAre("今日は。|", "元気？|", "「はい。」|", "そう"));
  EXPECT_THAT(cut("नमस्ते। आप"), ElementsAre("नमस्ते।|", " आप"));
}

TEST(SentenceEnds, KnowsTheMarksOfOtherScripts) {
  EXPECT_THAT(cut("كيف حالك؟ بخير، شكرا. نعم"), ElementsAre("كيف حالك؟|", " بخير، شكرا.|", " نعم"));
  EXPECT_THAT(cut("یہ ٹھیک ہے۔ ہاں"), ElementsAre("یہ ٹھیک ہے۔|", " ہاں"));
  EXPECT_THAT(cut("Բարեւ։ Ինչպես"), ElementsAre("Բարեւ։|", " Ինչպես"));
  EXPECT_THAT(cut("ሰላም። እንዴት"), ElementsAre("ሰላም።|", " እንዴት"));
  EXPECT_THAT(cut("សួស្តី។ បាទ"), ElementsAre("សួស្តី។|", " បាទ"));
  EXPECT_THAT(cut("မင်္ဂလာပါ။ ဟုတ်"), ElementsAre("မင်္ဂလာပါ။|", " ဟုတ်"));
  EXPECT_THAT(cut("Τι κάνεις; Καλά; Ναι"), ElementsAre("Τι κάνεις;|", " Καλά;|", " Ναι"));
  EXPECT_THAT(cut("first; second"), ElementsAre("first; second"));
  EXPECT_THAT(cut("שלום. מה נשמע? טוב"), ElementsAre("שלום.|", " מה נשמע?|", " טוב"));
  EXPECT_THAT(cut("สวัสดีครับ วันนี้อากาศดี"), ElementsAre("สวัสดีครับ วันนี้อากาศดี"));
}

TEST(SentenceEnds, AsciiMarksEndInChineseText) {
  EXPECT_THAT(cut("你好吗?我很好!谢谢"), ElementsAre("你好吗?|", "我很好!|", "谢谢"));
  EXPECT_THAT(cut("约３．５倍。是"), ElementsAre("约３．５倍。|", "是"));
}

TEST(SentenceEnds, TagsAreNotRead) {
  EXPECT_THAT(cut("<i>Go.</i> <i>Now.</i>"), ElementsAre("<i>Go.</i>|", " <i>Now.</i>|"));
  EXPECT_THAT(cut("<i>\"Go.</i>\" Then"), ElementsAre("<i>\"Go.</i>\"|", " Then"));
  EXPECT_THAT(cut("a<00:01.500> b <c.x.y> c"), ElementsAre("a<00:01.500> b <c.x.y> c"));
  EXPECT_THAT(cut("今日は。</i>元気"), ElementsAre("今日は。</i>|", "元気"));
}

TEST(SentenceEnds, AnyBytesAreRead) {
  EXPECT_THAT(cut(""), testing::IsEmpty());
  EXPECT_THAT(cut("\xFF. \xE2\x80"), ElementsAre("\xFF.|", " \xE2\x80"));
  EXPECT_THAT(cut("..."), ElementsAre("...|"));
}

}  // namespace
}  // namespace voxlate::translation
