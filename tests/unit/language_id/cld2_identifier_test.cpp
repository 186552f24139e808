#include "language_id/cld2_identifier.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/shared_data.h"

namespace voxlate::language_id {
namespace {

std::string best(std::string_view text) {
  const auto guesses = Cld2Identifier().identify(text);
  return guesses.empty() ? "" : guesses.front().language;
}

TEST(Cld2Identifier, TellsLanguagesByTheirCodesOfToday) {
  EXPECT_EQ(best("All human beings are born free and equal in dignity and rights."), "en");
  EXPECT_EQ(best("Alle Menschen sind frei und gleich an Würde und Rechten geboren."), "de");
  EXPECT_EQ(best("Todos los seres humanos nacen libres e iguales en dignidad y derechos."), "es");
  EXPECT_EQ(best("Все люди рождаются свободными и равными в своем достоинстве и правах."), "ru");
  EXPECT_EQ(best("มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ"), "th");
  EXPECT_EQ(best("כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם."), "he");
}

TEST(Cld2Identifier, IsSurerOfLongerTexts) {
  const auto of = [](std::string_view text) { return Cld2Identifier().identify(text).front().confidence; };
  const double word = of("Würde");
  const double sentence =
      of("Alle Menschen sind frei und gleich an Würde und Rechten geboren, mit Vernunft und Gewissen begabt.");
  EXPECT_LT(word, 0.8);
  EXPECT_GT(sentence, 0.95);
}

TEST(Cld2Identifier, SaysNothingOfATextWithoutLetters) {
  EXPECT_TRUE(Cld2Identifier().identify("").empty());
  EXPECT_TRUE(Cld2Identifier().identify("12:30, 45 %!").empty());
}

TEST(Cld2Identifier, TakesMalformedTextsOfAnyLength) {
  std::string text = "hello \xff\xfe\xc3 world ";
  for (int i = 0; i < 12; ++i) text += text;
  for (const LanguageGuess& guess : Cld2Identifier().identify(text)) {
    EXPECT_GE(guess.confidence, 0);
    EXPECT_LE(guess.confidence, 1);
  }
}

// The figures that the confidences were taken from, and that they are honest: guesses of 0.9 and more are right in at
// least nine of ten cases.
TEST(Cld2Identifier, KnowsSentencesOfNineLanguages) {
  const std::filesystem::path folder = shared_folder() / "data/mt/ntrex";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the sentences of NTREX-128 in " << folder;
  const Cld2Identifier identifier;
  int texts = 0;
  int right = 0;
  int sure = 0;
  int sure_and_right = 0;
  for (const std::string language : {"de", "en", "es", "fr", "ja", "ru", "th", "vi", "zh"}) {
    std::ifstream file(folder / ("newstest2019." + language + ".txt"));
    for (std::string line; std::getline(file, line);) {
      if (line.empty()) continue;
      const auto guesses = identifier.identify(line);
      const bool is_right = !guesses.empty() && guesses.front().language.substr(0, 2) == language;
      ++texts;
      right += is_right ? 1 : 0;
      if (guesses.empty() || guesses.front().confidence < 0.9) continue;
      ++sure;
      sure_and_right += is_right ? 1 : 0;
    }
  }
  EXPECT_GT(texts, 10'000);
  EXPECT_GT(right, texts * 98 / 100);
  EXPECT_GT(sure, texts * 8 / 10);
  EXPECT_GT(sure_and_right, sure * 9 / 10);
}

}  // namespace
}  // namespace voxlate::language_id
