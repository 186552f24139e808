#include "translation/moses_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tests/unit/shared_data.h"

namespace voxlate::translation {
namespace {

/// The words with a space between.
std::string words(std::string_view sentence, std::string_view language) {
  std::string text;
  for (const std::string& word : moses_words(sentence, language)) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string sentence(std::string_view words, std::string_view language) {
  std::istringstream in{std::string(words)};
  std::vector<std::string> list;
  for (std::string word; in >> word;) list.push_back(word);
  return sentence_of_moses_words(list, language);
}

TEST(NormalisePunctuation, KnowsOneSortOfQuotesAndDashes) {
  EXPECT_EQ(normalise_punctuation("“Yes” – ‘no’ — it’s `so´ …", "ru"), "\"Yes\" - 'no' - it's 'so' ...");
  EXPECT_EQ(normalise_punctuation("„Ja“ ''so''", "ru"), "\"Ja\" \" so \"");
  EXPECT_EQ(normalise_punctuation("«\u00A0Oui\u00A0», «non»", "ru"), "\"Oui\", \"non\"");
}

TEST(NormalisePunctuation, PutsBlanksOutsideOfBracketsAndNotBeforeMarks) {
  EXPECT_EQ(normalise_punctuation("a( b )c", "en"), "a (b) c");
  EXPECT_EQ(normalise_punctuation("a (b) , c : d ; 5 %\r", "en"), "a (b), c: d; 5%");
  EXPECT_EQ(normalise_punctuation("5\u00A0%, quoi\u00A0? oui\u00A0! 3\u00A0cm nº\u00A05 20\u00A0ºC", "fr"),
            "5%, quoi? oui! 3 cm nº 5 20 ºC");
  EXPECT_EQ(normalise_punctuation("  a   b ", "en"), "a b");
}

TEST(NormalisePunctuation, MovesMarksIntoOrOutOfQuotes) {
  EXPECT_EQ(normalise_punctuation("He said \"go\", \"now\".", "en"), "He said \"go,\" \"now.\"");
  EXPECT_EQ(normalise_punctuation("Er sagt \"ja,\" und \"nein...\" dann \"gut.\"", "de"),
            "Er sagt \"ja\", und \"nein\"... dann \"gut.\"");
  EXPECT_EQ(normalise_punctuation("«да», \"нет.\"", "ru"), "\"да\", \"нет.\"");
}

TEST(NormalisePunctuation, MarksThousands) {
  EXPECT_EQ(normalise_punctuation("1\u00A0000\u00A0000 x", "fr"), "1,000,000 x");
  EXPECT_EQ(normalise_punctuation("1\u00A0000 x", "en"), "1.000 x");
}

TEST(MosesWords, CutsMarksOff) {
  EXPECT_EQ(words("Hello, world! (Yes?)", "en"), "Hello , world ! ( Yes ? )");
  EXPECT_EQ(words("a/b 50% $5 x@y.com #1", "en"), "a / b 50 % $ 5 x @ y.com # 1");
  EXPECT_EQ(words("well-known – dash - x", "en"), "well-known – dash - x");
  EXPECT_EQ(words(" \t a \n b\u00A0c\x01 ", "en"), "a b c");
  EXPECT_EQ(words("", "en"), "");
}

TEST(MosesWords, Escapes) {
  EXPECT_EQ(words("a & b | <c> \"d\" [e] 'f", "de"),
            "a &amp; b &#124; &lt; c &gt; &quot; d &quot; &#91; e &#93; &apos; f");
}

TEST(MosesWords, KeepsNumbersTogether) {
  EXPECT_EQ(words("It costs 5,300.50, or 3,x y,4 5,", "en"), "It costs 5,300.50 , or 3 , x y , 4 5 ,");
}

TEST(MosesWords, KeepsDotsTogether) {
  EXPECT_EQ(words("Well... yes.. no.", "en"), "Well ... yes .. no .");
  EXPECT_EQ(words("so...", "en"), "so ...");
}

TEST(MosesWords, CutsEnglishContractions) {
  EXPECT_EQ(words("I don't think John's 'friend' can't. The 1990's", "en"),
            "I don &apos;t think John &apos;s &apos; friend &apos; can &apos;t . The 1990 &apos;s");
  EXPECT_EQ(words("the boys' house", "en"), "the boys &apos; house");
  EXPECT_EQ(words("he said 'go.'", "en"), "he said &apos; go . &apos;");
}

TEST(MosesWords, CutsFrenchAndItalianElisions) {
  EXPECT_EQ(words("L'homme n'a pas d'eau, aujourd'hui.", "fr"),
            "L&apos; homme n&apos; a pas d&apos; eau , aujourd&apos; hui .");
  EXPECT_EQ(words("Dell'acqua e l'amico", "it"), "Dell&apos; acqua e l&apos; amico");
}

TEST(MosesWords, CutsAllApostrophesInOtherLanguages) {
  EXPECT_EQ(words("Ich hab's, l'eau", "de"), "Ich hab &apos; s , l &apos; eau");
}

TEST(MosesWords, LeavesFullStopsAtAbbreviations) {
  EXPECT_EQ(words("Mr. Smith of the U.S. met J. Doe vs. all. The end.", "en"),
            "Mr. Smith of the U.S. met J. Doe vs. all . The end .");
  EXPECT_EQ(words("See No. 5. He said No.", "en"), "See No. 5 . He said No .");
  EXPECT_EQ(words("end. then", "en"), "end. then") << "what goes on in lower case did not end";
  EXPECT_EQ(words("Am 12. Mai bzw. Juni, z.B. Herr Dr. Kohl. Ja.", "de"),
            "Am 12. Mai bzw. Juni , z.B. Herr Dr. Kohl . Ja .");
  EXPECT_EQ(words("El Sr. Gil y la Sra. Paz. Fin.", "es"), "El Sr. Gil y la Sra. Paz . Fin .");
  EXPECT_EQ(words("А. С. Пушкин, ул. Мира. Да.", "ru"), "А. С. Пушкин , ул. Мира . Да .");
  EXPECT_EQ(words("Ông Mr. Nam. Hết.", "vi"), "Ông Mr. Nam . Hết .") << "as in English";
}

TEST(MosesWords, IdeographsAreWordsInOtherLanguagesOnly) {
  EXPECT_EQ(words("see 東京 now", "en"), "see 東 京 now");
  EXPECT_EQ(words("我在東京，好。", "zh"), "我在東京 ， 好。");
  EXPECT_EQ(words("東京へ行く！", "ja"), "東京へ行く ！");
  EXPECT_EQ(words("서울 간다.", "ko"), "서울 간다 .");
  EXPECT_EQ(words("서울", "en"), "서 울");
}

TEST(MosesWords, KeepsIndianWordsTogether) { EXPECT_EQ(words("हिन्दी क़लम।", "hi"), "हिन्दी क़लम ।"); }

TEST(SentenceOfMosesWords, PutsMarksToWords) {
  EXPECT_EQ(sentence("Hello , world ! ( Yes ? ) &#91; x &#93; 50 % , $ 5 .", "en"),
            "Hello, world! (Yes?) [x] 50%, $5.");
  EXPECT_EQ(sentence("¿ Qué ? ¡ No !", "es"), "¿Qué? ¡No!");
  EXPECT_EQ(sentence("well @-@ known &amp;lt; &bar;", "en"), "well-known &lt; |");
  EXPECT_EQ(sentence("", "en"), "");
}

TEST(SentenceOfMosesWords, QuotesOpenAndCloseInTurns) {
  EXPECT_EQ(sentence("He said : &quot; Go &quot; , &quot; now . &quot;", "en"), "He said: \"Go\", \"now.\"");
  EXPECT_EQ(sentence("Er sagt „ ja “ und ‚ x", "de"), "Er sagt „ja“ und ‚ x");
  EXPECT_EQ(sentence("он сказал « да » и « нет » .", "ru"), "он сказал «да» и «нет».");
  EXPECT_EQ(sentence("x « oui » y", "fr"), "x « oui » y");
}

TEST(SentenceOfMosesWords, AQuoteWithNothingToOpenCloses) {
  EXPECT_EQ(sentence("the old way . &quot;", "en"), "the old way.\"");
  EXPECT_EQ(sentence("la vieja forma &quot; , dijo .", "es"), "la vieja forma\", dijo.");
}

TEST(SentenceOfMosesWords, JoinsApostrophes) {
  EXPECT_EQ(sentence("I don &apos;t see the Jones &apos; house , John &apos;s", "en"),
            "I don't see the Jones' house, John's");
  EXPECT_EQ(sentence("L&apos; homme n&apos; a pas", "fr"), "L'homme n'a pas");
  EXPECT_EQ(sentence("l&apos; amico", "it"), "l'amico");
  EXPECT_EQ(sentence("St. Martin &apos; s und L &apos; Oréal", "de"), "St. Martin's und L 'Oréal")
      << "one of two may quote";
  EXPECT_EQ(sentence("von L &apos; Oréal", "de"), "von L'Oréal");
  EXPECT_EQ(sentence("die &apos; neue &apos; Zeit", "de"), "die 'neue' Zeit");
}

TEST(SentenceOfMosesWords, FrenchHasSpacesBeforeSomeMarks) {
  EXPECT_EQ(sentence("Quoi ? Oui ! Donc : ceci ; 50 % , fin .", "fr"), "Quoi ? Oui ! Donc : ceci ; 50 %, fin.");
}

TEST(SentenceOfMosesWords, CzechNumbersAndSuffixes) {
  EXPECT_EQ(sentence("je - li to 3 , 5 a e - mail", "cs"), "je-li to 3,5 a e-mail");
}

TEST(SentenceOfMosesWords, KeepsTimesAmountsAndNamesTogether) {
  EXPECT_EQ(sentence("at 15 : 30 . 2 / 3 of HIV / AIDS", "en"), "at 15:30. 2/3 of HIV/AIDS");
  EXPECT_EQ(sentence("5 € pour # MeToo", "fr"), "5 € pour #MeToo");
  EXPECT_EQ(sentence("&quot; Heute &quot; -Sprecher", "de"), "\"Heute\"-Sprecher");
}

TEST(SentenceOfMosesWords, NoSpacesBetweenIdeographs) {
  EXPECT_EQ(sentence("我 在 東京 ， 好 Paris 吗 ？", "zh"), "我在東京，好 Paris 吗？");
  EXPECT_EQ(sentence("서울 간다 .", "ko"), "서울 간다.");
}

TEST(SentenceOfMosesWords, ThaiMarksStayAtTheirLetters) {
  const std::string text = "ห้องนี้";
  EXPECT_EQ(words(text, "th"), "ห ้ องนี ้");
  EXPECT_EQ(sentence("ห ้ องนี ้ a", "th"), "ห้องนี้ a");
}

/// `text` with all blanks as spaces, which words do not keep apart, and in French none before marks, where joining puts
/// one whether there was one or not.
std::string comparable(std::string text, std::string_view language) {
  for (const std::string_view blank : {"\u00A0", "\u202F", "\u2009"}) {
    for (std::size_t at = text.find(blank); at != std::string::npos; at = text.find(blank))
      text.replace(at, blank.size(), " ");
  }
  std::string plain;
  for (const char c : text) {
    const bool closes = c == ' ' || (language == "fr" && std::string_view("?!:;%").find(c) != std::string_view::npos);
    if (closes && plain.ends_with(' ')) plain.pop_back();
    plain += c;
  }
  return plain;
}

class MosesLanguage : public testing::TestWithParam<const char*> {};

TEST_P(MosesLanguage, SentencesComeBack) {
  const std::string language = GetParam();
  const std::filesystem::path file = shared_folder() / ("data/mt/ntrex/newstest2019." + language + ".txt");
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "../shared/data/mt/ntrex is absent";
  std::istringstream lines(content_of(file));
  int count = 0;
  int unchanged = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string normal = normalise_punctuation(line, language);
    const std::string back = sentence_of_moses_words(moses_words(normal, language), language);
    if (comparable(back, language) == comparable(normal, language)) ++unchanged;
  }
  RecordProperty("lines", count);
  RecordProperty("unchanged", unchanged);
  ASSERT_GT(count, 1000);
  EXPECT_GT(unchanged, 0.96 * count) << "of " << count;
}

INSTANTIATE_TEST_SUITE_P(Ntrex, MosesLanguage, testing::Values("en", "es", "fr", "de", "ru", "vi"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace voxlate::translation
