#include "translation/protected_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "translation/inline_tags.h"

namespace voxlate::translation {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TextRules rules(PlaceHolders style, const Glossary* glossary = nullptr, std::string target = "es") {
  return {.place_holders = style, .glossary = glossary, .protect_plain_numbers = false, .target = std::move(target)};
}

ProtectedText with_tags(std::string_view sentence, const Glossary* glossary = nullptr) {
  return protect(sentence, rules(PlaceHolders::kTags, glossary));
}

ProtectedText with_numbers(std::string_view sentence, const Glossary* glossary = nullptr) {
  return protect(sentence, rules(PlaceHolders::kNumbers, glossary));
}

std::string tag(int id) { return "<x id=\"" + std::to_string(id) + "\"/>"; }

/// `text` with each place holder of `source` written as "{0}", "{1}", … in the order of the sentence.
std::string numbered(const ProtectedText& source, std::string text) {
  for (std::size_t i = 0; i < source.pieces.size(); ++i) {
    const std::size_t at = source.pieces[i].mark.empty() ? std::string::npos : text.find(source.pieces[i].mark);
    if (at != std::string::npos) text.replace(at, source.pieces[i].mark.size(), "{" + std::to_string(i) + "}");
  }
  return text;
}

/// The other way round.
std::string marked(const ProtectedText& source, std::string text) {
  for (std::size_t i = 0; i < source.pieces.size(); ++i) {
    const std::string number = "{" + std::to_string(i) + "}";
    const std::size_t at = text.find(number);
    if (at != std::string::npos) text.replace(at, number.size(), source.pieces[i].mark);
  }
  return text;
}

TEST(ProtectedText, StripsWhatStandsAroundASentence) {
  struct Example {
    const char* sentence;
    const char* text;
  };
  const std::vector<Example> examples = {
      {"<i>Hello there.</i>", "Hello there."},
      {"{\\an8}<b><i>Hello</i> there.</b>", "Hello there."},
      {"<v Mary>Hello", "Hello"},
      {"<font color=\"#ff0000\">Hello</font>", "Hello"},
      {"<c.yellow.bg_blue>Hello</c>", "Hello"},
      {"<lang fr>Bonjour</lang>", "Bonjour"},
      {"♪ La la la ♪", "La la la"},
      {"♫ <i>La la</i> ♫", "La la"},
      {"# La la la #", "La la la"},
      {"- Hello.", "Hello."},
      {"– Hello.", "Hello."},
      {"-Hello.", "Hello."},
      {">> Hello.", "Hello."},
      {"JOHN: Hello.", "Hello."},
      {"- JOHN: Hello.", "Hello."},
      {"Dr. Smith: Hello.", "Hello."},
      {"Mary Ann: Hello.", "Hello."},
      {"Speaker 1: Hello.", "Hello."},
      {"SPEAKER_00: Hello.", "Hello."},
      {"ИВАН: Привет.", "Привет."},
  };
  for (const Example& example : examples) {
    const ProtectedText source = with_numbers(example.sentence);
    EXPECT_EQ(source.text, example.text) << example.sentence;
    EXPECT_EQ(restore(source, source.text), example.sentence);
    EXPECT_FALSE(source.nothing_to_translate) << example.sentence;
  }
  EXPECT_EQ(restore(with_numbers("- JOHN: <i>Hello.</i>"), "Hola."), "- JOHN: <i>Hola.</i>");
  EXPECT_EQ(restore(with_numbers("<i>שלום</i>"), " مرحبا "), "<i>مرحبا</i>");
}

TEST(ProtectedText, LeavesTextThatOnlyLooksLikeAFrame) {
  for (const char* sentence : {"Note: this is text.", "Step 2: cut it.", "(whispering) Come here.", "[music]",
                               "\"Hello,\" he said.", "#1 is here", "-5 degrees it was.", "what we said: nothing",
                               "The train leaves at 10", "a < b and c > d", "I: who?"})
    EXPECT_EQ(with_tags(sentence).text, sentence);
}

TEST(ProtectedText, KeepsAPairThatIsNotRoundTheWholeInside) {
  const ProtectedText source = with_tags("<i>Hello</i> world");
  EXPECT_EQ(source.text, tag(1) + "Hello" + tag(2) + " world");
  EXPECT_EQ(restore(source, tag(1) + "Hola" + tag(2) + " mundo"), "<i>Hola</i> mundo");
}

TEST(ProtectedText, TakesOutWhatIsNoWord) {
  struct Example {
    const char* sentence;
    const char* text;
  };
  const std::vector<Example> examples = {
      {"See https://a.org/x?y=1, then go.", "See {0}, then go."},
      {"See (www.a.org/b_(c)) now.", "See ({0}) now."},
      {"Visit example.com today.", "Visit {0} today."},
      {"Write to me.you@a-b.co.uk.", "Write to {0}."},
      {"Open /usr/share/doc or C:\\Temp\\a.txt now", "Open {0} or {1} now"},
      {"Read notes.PDF and ~/x/y.", "Read {0} and {1}."},
      {"Ask @john_d about #NoFilter ok", "Ask {0} about {1} ok"},
      {"At 12:30 it cost $1,000.50, or 3.5% more", "At {0} it cost ${1}, or {2} more"},
      {"Call +1-555-0100 or 5550100 now", "Call {0} or {1} now"},
      {"Pay to DE89 3704 0044 0532 0130 00 by 2024-05-01", "Pay to {0} by {1}"},
      {"Order AB-1234 and XK_99121", "Order {0} and {1}"},
      {"请访问https://x.cn/a了解", "请访问{0}了解"},
      {"ดูที่ www.a.co.th ครับ", "ดูที่ {0} ครับ"},
  };
  for (const PlaceHolders style : {PlaceHolders::kNumbers, PlaceHolders::kTags}) {
    for (const Example& example : examples) {
      const ProtectedText source = protect(example.sentence, rules(style));
      EXPECT_EQ(numbered(source, source.text), example.text) << source.text;
      EXPECT_EQ(restore(source, source.text), example.sentence);
    }
  }
}

TEST(ProtectedText, LeavesWordsAndPlainNumbers) {
  for (const char* sentence :
       {"He and/or she left.", "It ended.Then we went", "In the mid-1990s, 20 people", "The F-16 and the A380",
        "5-year-old", "COVID-19 came", "no. 5", "e.g. this", "It's 50% off", "well... ok"})
    EXPECT_EQ(with_tags(sentence).text, sentence);
}

TEST(ProtectedText, NumbersAreNotThoseOfTheSentence) {
  const ProtectedText first = with_numbers("See a.org now");
  const std::string number = first.pieces[0].mark;
  EXPECT_THAT(number, SizeIs(3));
  const ProtectedText second = with_numbers("See a.org and " + number + " more");
  EXPECT_NE(second.pieces[0].mark, number);
  EXPECT_EQ(restore(second, second.text), "See a.org and " + number + " more");
}

TEST(ProtectedText, FindsPlaceHoldersThatWereChanged) {
  const ProtectedText source = with_numbers("See https://a.org and https://b.org now");
  std::string translation = marked(source, "Ahora {1} y {0}");
  EXPECT_EQ(restore(source, translation), "Ahora https://b.org y https://a.org");
  translation.insert(translation.find(source.pieces[0].mark) + 1, " ");
  EXPECT_EQ(restore(source, translation), "Ahora https://b.org y https://a.org");

  std::string arabic = "انظر ";
  for (const char digit : source.pieces[0].mark)
    arabic += std::string("\xD9") + static_cast<char>(0xA0 + (digit - '0'));
  EXPECT_EQ(restore(source, arabic + " و " + source.pieces[1].mark), "انظر https://a.org و https://b.org");
}

TEST(ProtectedText, FindsElementsThatWereChanged) {
  const ProtectedText source = with_tags("See https://a.org now");
  for (const char* written : {"<x id=\"1\"/>", "<X ID='1' />", "<x id=1>", "< x id = \"1\" / >", "<x id=\"1\"></x>",
                              "&lt;x id=\"1\"/&gt;", "<x id=“1”/>", "<x id=\"۱\"/>", "＜x id＝\"1\"／＞"})
    EXPECT_EQ(restore(source, std::string("Mira ") + written + " ya"), "Mira https://a.org ya") << written;
}

TEST(ProtectedText, ALostPieceComesBackAtAWord) {
  const ProtectedText source = with_numbers("Please see https://a.org for more about it.");
  const Restored restored = restore_and_check(source, "Por favor consulte para saber más.");
  EXPECT_THAT(restored.text, AnyOf("Por favor https://a.org consulte para saber más.",
                                   "Por https://a.org favor consulte para saber más."));
  EXPECT_THAT(restored.problems,
              ElementsAre(Problem{.kind = Problem::Kind::kLostPlaceHolder, .what = "https://a.org"}));
  EXPECT_EQ(restore(with_numbers("It is at a.org."), "Está allí."), "Está allí a.org.");
  EXPECT_EQ(restore(with_numbers("a.org is it"), ""), "a.org");
}

TEST(ProtectedText, WhatTheTranslationWroteOutIsNotDoubled) {
  const ProtectedText source = with_numbers("Send it before 12:30 please.");
  const Restored restored = restore_and_check(source, "请在12:30之前寄。");
  EXPECT_EQ(restored.text, "请在12:30之前寄。");
  EXPECT_THAT(restored.problems, IsEmpty());
}

TEST(ProtectedText, ADoubledPieceComesBackOnce) {
  const ProtectedText source = with_numbers("See a.org now");
  const Restored restored = restore_and_check(source, marked(source, "Mira {0} y ") + marked(source, "{0} ya"));
  EXPECT_EQ(restored.text, "Mira a.org y ya");
  EXPECT_THAT(restored.problems, ElementsAre(Problem{.kind = Problem::Kind::kDoubledPlaceHolder, .what = "a.org"}));
}

TEST(ProtectedText, TagsInsideComeBackRoundWords) {
  const ProtectedText source = with_numbers("This is <i>really</i> good");
  EXPECT_EQ(source.text, "This is really good");
  const Restored restored = restore_and_check(source, "Esto es realmente bueno");
  EXPECT_EQ(restored.text, "Esto es <i>realmente</i> bueno");
  EXPECT_THAT(restored.problems, IsEmpty());
  EXPECT_EQ(restore(with_numbers("<b>All</b> of it"), "Todo"), "<b>Todo</b>");
  EXPECT_EQ(restore(with_numbers("♪ I love you <b>so</b> ♪"), "Te amo tanto"), "♪ Te amo <b>tanto</b> ♪");
  EXPECT_EQ(restore(with_numbers("<i>One</i> and <i>two</i>."), "Uno y dos."), "<i>Uno</i> y <i>dos</i>.");
}

TEST(ProtectedText, TagsGoWithWhatTheyWereRound) {
  const ProtectedText source = with_numbers("You can see <b>a.org</b> for the news");
  EXPECT_EQ(restore(source, marked(source, "Las noticias están en {1}")), "Las noticias están en <b>a.org</b>");
}

TEST(ProtectedText, TagsComeBackWellNested) {
  const ProtectedText source = with_tags("We <i>really <b>like</b> it</i> here");
  ASSERT_EQ(source.text, "We " + tag(1) + "really " + tag(2) + "like" + tag(3) + " it" + tag(4) + " here");
  EXPECT_EQ(restore(source, "a " + tag(2) + "b " + tag(1) + "c" + tag(3) + " d" + tag(4)), "a <b>b <i>c</i></b> d");
  EXPECT_EQ(restore(source, "a " + tag(4) + "b" + tag(1) + " c " + tag(2) + "d" + tag(3)), "a <i>b</i> c <b>d</b>");
  const Restored lost = restore_and_check(source, "aqui " + tag(1) + "nos gusta");
  EXPECT_THAT(lost.problems, SizeIs(3));
  for (const InlineTag& one : inline_tags(lost.text)) EXPECT_TRUE(one.partner) << lost.text;
  EXPECT_THAT(inline_tags(lost.text), SizeIs(4)) << lost.text;
}

TEST(ProtectedText, TermsOfTheGlossaryAreReplaced) {
  const Glossary glossary({{.source = "Acme Cloud", .target = "Acme Cloud"},
                           {.source = "Acme", .target = "ACME Corp."},
                           {.source = "voice over", .target = "voz en off"}});
  const ProtectedText source = with_tags("Voice over by Acme Cloud and Acme's staff", &glossary);
  EXPECT_EQ(numbered(source, source.text), "{0} by {1} and {2}'s staff");
  EXPECT_EQ(restore(source, tag(1) + " de " + tag(2) + " y " + tag(3)), "Voz en off de Acme Cloud y ACME Corp.");
  const ProtectedText only = with_numbers("ACME: Acme!", &glossary);
  EXPECT_TRUE(only.nothing_to_translate);
  EXPECT_EQ(restore(only, "whatever"), "ACME: ACME Corp.!");
}

TEST(ProtectedText, NothingToTranslatePassesUnchanged) {
  for (const PlaceHolders style : {PlaceHolders::kNumbers, PlaceHolders::kTags, PlaceHolders::kNone}) {
    for (const char* sentence : {"", "  ", "...", "♪ ♪", "1, 2, 3!", "https://a.org/x 12:30", "<i>5</i> <b>6</b>",
                                 "JOHN:", "– 100 %", "😀 !"}) {
      const ProtectedText source = protect(sentence, rules(style));
      EXPECT_TRUE(source.nothing_to_translate) << sentence;
      EXPECT_EQ(restore(source, "anything"), sentence);
    }
    EXPECT_FALSE(protect("Oh!", rules(style)).nothing_to_translate);
    EXPECT_FALSE(protect("今", rules(style)).nothing_to_translate);
  }
}

TEST(ProtectedText, ReportsNumbersThatAreMissing) {
  const ProtectedText source = with_numbers("We had 5 dogs and 20 cats in 2019");
  EXPECT_THAT(restore_and_check(source, "En 2019 teníamos 20 gatos y 5 perros").problems, IsEmpty());
  EXPECT_THAT(restore_and_check(source, "En 2019 teníamos 21 gatos y cinco perros").problems,
              ElementsAre(Problem{.kind = Problem::Kind::kMissingNumber, .what = "5"},
                          Problem{.kind = Problem::Kind::kMissingNumber, .what = "20"}));
  TextRules strict = rules(PlaceHolders::kNumbers);
  strict.protect_plain_numbers = true;
  const ProtectedText retried = protect("We had 5 dogs", strict);
  EXPECT_EQ(numbered(retried, retried.text), "We had {0} dogs");
  EXPECT_EQ(restore(retried, marked(retried, "Teníamos {0} perros")), "Teníamos 5 perros");
}

TEST(ProtectedText, NoneKeepsTheInsideForTheEngine) {
  const ProtectedText source = protect("<i>See a.org <b>now</b>.</i>", rules(PlaceHolders::kNone));
  EXPECT_EQ(source.text, "See a.org <b>now</b>.");
  EXPECT_THAT(source.pieces, IsEmpty());
}

/// Random text of pieces that mean something here, of any characters and of bytes that are none.
std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces = {"<i>",
                                                   "</i>",
                                                   "<b>",
                                                   "</b>",
                                                   "{\\an8}",
                                                   "<v Ann>",
                                                   "</v>",
                                                   "♪",
                                                   "#",
                                                   "- ",
                                                   "–",
                                                   "JOHN:",
                                                   "Dr. Li: ",
                                                   " ",
                                                   " ",
                                                   " ",
                                                   "\n",
                                                   "https://a.org",
                                                   "www.b.c/d",
                                                   "x@y.org",
                                                   "/a/b/c",
                                                   "a.txt",
                                                   "@me",
                                                   "#tag",
                                                   "12:30",
                                                   "1,000.50",
                                                   "3.5%",
                                                   "DE89 3704 0044 0532 01",
                                                   "AB-1234",
                                                   "word",
                                                   "Word",
                                                   "it's",
                                                   "今日は",
                                                   "สวัสดี",
                                                   "مرحبا",
                                                   "שלום",
                                                   "नमस्ते",
                                                   "٣٤٥",
                                                   "231",
                                                   "290",
                                                   "349",
                                                   "<x id=\"1\"/>",
                                                   "<x id=\"101\"></x>",
                                                   "&lt;x id=\"2\"/&gt;",
                                                   ".",
                                                   ",",
                                                   "?",
                                                   "。",
                                                   "(",
                                                   ")",
                                                   "\"",
                                                   "😀",
                                                   "e\u0301",
                                                   "\xFF",
                                                   "\xE2\x80",
                                                   "\xF0\x9F",
                                                   "\u00A0",
                                                   "\u3000",
                                                   "<",
                                                   ">",
                                                   "{",
                                                   "}",
                                                   "5",
                                                   "1 000"};
  std::string text;
  for (std::size_t i = random() % 14; i > 0; --i) {
    const auto kind = random() % 10;
    if (kind == 0) {
      text += static_cast<char>(random() % 256);
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  return text;
}

class ProtectedTextOf : public testing::TestWithParam<PlaceHolders> {};

TEST_P(ProtectedTextOf, UntranslatedTextComesBackByteForByte) {
  std::mt19937 random(17);  // NOLINT: the same texts every time
  std::size_t marked_texts = 0;
  for (int round = 0; round < 20'000; ++round) {
    const std::string sentence = random_text(random);
    TextRules of = rules(GetParam());
    of.protect_plain_numbers = random() % 4 == 0;
    const ProtectedText source = protect(sentence, of);
    ASSERT_EQ(restore(source, source.text), sentence);
    const Restored restored = restore_and_check(source, source.text);
    ASSERT_THAT(restored.problems, IsEmpty()) << sentence;
    if (!source.pieces.empty()) ++marked_texts;
  }
  EXPECT_TRUE(GetParam() == PlaceHolders::kNone || marked_texts > 8'000) << marked_texts;
}

TEST_P(ProtectedTextOf, EveryPieceComesBackOnceInAnyTranslation) {
  std::mt19937 random(19);  // NOLINT: the same texts every time
  for (int round = 0; round < 5'000; ++round) {
    const ProtectedText source = protect(random_text(random), rules(GetParam()));
    if (source.nothing_to_translate) continue;
    std::string translation = random() % 2 == 0 ? "uno dos" : "";
    std::size_t bytes = 0;
    for (const ProtectedPiece& piece : source.pieces) {
      for (std::size_t times = random() % 3; times > 0; --times) translation += " tres " + piece.mark;
      bytes += piece.target.size();
    }
    const Restored restored = restore_and_check(source, translation);
    std::string inside = restored.text.substr(source.before.size());
    inside.resize(inside.size() - source.after.size());
    std::vector<std::string> targets;
    for (const ProtectedPiece& piece : source.pieces) targets.push_back(piece.target);
    std::stable_sort(targets.begin(), targets.end(),
                     [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
    std::string rest = inside;
    for (const std::string& target : targets) {
      const std::size_t at = rest.find(target);
      ASSERT_NE(at, std::string::npos) << inside << " without " << target;
      rest.replace(at, target.size(), "\n");
    }
    const auto is_letter_of_pieces = [](char c) { return c != ' '; };
    const auto count = static_cast<std::size_t>(std::count_if(inside.begin(), inside.end(), is_letter_of_pieces));
    ASSERT_LE(count, translation.size() + bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(Styles, ProtectedTextOf,
                         testing::Values(PlaceHolders::kNumbers, PlaceHolders::kTags, PlaceHolders::kNone));

}  // namespace
}  // namespace voxlate::translation
