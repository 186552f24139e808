#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "translation/apertium_engine.h"
#include "translation/glossary.h"
#include "translation/protected_text.h"
#include "translation/routing_translator.h"
#include "voxlate/error.h"

// With the packages of Debian, where they are installed; skipped where not.

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool has_pair(const ApertiumEngine& engine, const std::string& source, const std::string& target) {
  const std::vector<EnginePair> pairs = engine.pairs();
  return std::any_of(pairs.begin(), pairs.end(),
                     [&](const EnginePair& pair) { return pair.source == source && pair.target == target; });
}

class RealApertium : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_pair(engine_, "en", "es")) GTEST_SKIP() << "apertium-eng-spa is not installed";
  }

  std::string spanish(const std::string& text) { return engine_.translate(std::vector{text}, "en", "es", {}).front(); }

  ApertiumEngine engine_{ApertiumOptions{}};
};

class SilentProgress final : public Progress {
 public:
  void update(Stage, std::chrono::milliseconds, std::chrono::milliseconds) override {}
};

TEST_F(RealApertium, TranslatesEnglishToSpanish) {
  EXPECT_EQ(spanish("The quick brown fox jumps over the lazy dog."), "El zorro marrón rápido salta el perro perezoso.");
  EXPECT_EQ(spanish("I have a dog"), "Tengo un perro");
}

TEST_F(RealApertium, KeepsUnknownWordsWithoutMarks) {
  EXPECT_EQ(spanish("I don't know the frobnicator."), "No sé el frobnicator.");
}

TEST_F(RealApertium, ProtectedTextComesBack) {
  const Glossary glossary({{.source = "house", .target = "mansión"}, {.source = "Red Car", .target = "Red Car"}});
  TextRules rules;
  rules.place_holders = PlaceHolders::kTags;
  rules.glossary = &glossary;
  rules.target = "es";
  const ProtectedText source =
      protect("<i>- JOHN: I see the <b>white</b> house and Red Car at 12:30 on https://a.org/the.</i>", rules);
  const Restored restored = restore_and_check(source, spanish(source.text));
  EXPECT_THAT(restored.text,
              testing::AllOf(testing::StartsWith("<i>- JOHN: Veo "), HasSubstr("<b>blanco</b>"),
                             HasSubstr(" mansión y Red Car en 12:30 "), testing::EndsWith(" https://a.org/the.</i>")));
  EXPECT_THAT(restored.problems, testing::IsEmpty());
}

TEST_F(RealApertium, SpecialCharactersSurvive) {
  const std::string translated =
      spanish("The dog [red] ^and^ $5 and {a} <b> c/d \\ * @home #tag + ~x = me@a.org\nhttps://a.org/the?x=[1]");
  for (const char* kept : {"[", "]", "^", "$5", "{", "}", "<", ">", "/", "\\", "*", "@", "#", "+", "~", "=", "me@a.org",
                           "\n", "https://a.org/the?x=[1]"})
    EXPECT_THAT(translated, HasSubstr(kept)) << translated;
  const std::string all = "^$/<>{}\\*@#+~[]";
  EXPECT_EQ(spanish(all), all);
}

TEST_F(RealApertium, LosesNoSpecialCharacterOfRealNews) {
  const std::filesystem::path path =
      std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared/data/mt/ntrex/newstest2019.en.txt";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "../shared/data/mt is not there";
  std::vector<std::string> sentences;
  for (std::string line; std::getline(file, line);) sentences.push_back(line);
  const std::vector<std::string> translations = engine_.translate(sentences, "en", "es", {});
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    EXPECT_FALSE(translations[i].empty()) << sentences[i];
    // Without "/", which dictionary entries hold themselves ("YouTube/Youtube").
    for (const char c : std::string_view("^$<>{}\\*@#+~[]")) {
      EXPECT_EQ(std::count(translations[i].begin(), translations[i].end(), c),
                std::count(sentences[i].begin(), sentences[i].end(), c))
          << sentences[i] << "\n"
          << translations[i];
    }
  }
}

TEST_F(RealApertium, TranslatesFiveHundredSentencesQuickly) {
  const std::vector<std::string> sentences(500, "The committee will publish its report on the new law next week.");
  spanish("warm up");
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::string> translations = engine_.translate(sentences, "en", "es", {});
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  RecordProperty("ms_per_sentence", std::to_string(took.count() / 500));
  std::cout << "ms per sentence: " << took.count() / 500 << "\n";
  EXPECT_EQ(std::count(translations.begin(), translations.end(), translations.front()), 500);
  EXPECT_LT(took.count() / 500, 50);
}

TEST_F(RealApertium, SurvivesTheDeathOfAnyProgram) {
  const std::string expected = spanish("The house is red.");
  const std::size_t count = engine_.idle_process_ids().size();
  ASSERT_GT(count, 5U);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(::kill(engine_.idle_process_ids()[i], SIGKILL), 0);
    EXPECT_EQ(spanish("The house is red."), expected) << "program " << i;
  }
}

TEST_F(RealApertium, ServesSeveralCallersAtOnce) {
  const std::string expected = spanish("The house is red.");
  std::vector<std::jthread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int i = 0; i < 10; ++i) EXPECT_EQ(spanish("The house is red."), expected);
    });
  }
}

TEST_F(RealApertium, TranslatesASentenceOverSeveralSegments) {
  std::vector<std::unique_ptr<SentenceEngine>> engines;
  engines.push_back(std::make_unique<ApertiumEngine>(ApertiumOptions{}));
  RoutingTranslator translator(std::move(engines));
  const Transcript transcript{.language = "en-US",
                              .engine = "test",
                              .duration = std::chrono::seconds(6),
                              .segments = {{.begin = std::chrono::seconds(0),
                                            .end = std::chrono::seconds(2),
                                            .text = "The quick brown fox",
                                            .words = {},
                                            .confidence = 1},
                                           {.begin = std::chrono::seconds(3),
                                            .end = std::chrono::seconds(5),
                                            .text = "jumps over the lazy dog.",
                                            .words = {},
                                            .confidence = 1}},
                              .notes = {}};
  SilentProgress progress;
  const Transcript result = translator.translate(transcript, "es", {}, progress, {});
  EXPECT_EQ(result.engine, "apertium eng-spa");
  ASSERT_EQ(result.segments.size(), 2U);
  EXPECT_EQ(result.segments[0].text, "El zorro marrón rápido");
  EXPECT_EQ(result.segments[1].text, "salta el perro perezoso.");
  EXPECT_EQ(result.segments[1].begin, std::chrono::seconds(3));
}

TEST_F(RealApertium, PivotsOverAnInstalledPair) {
  if (!has_pair(engine_, "es", "ca")) GTEST_SKIP() << "apertium-spa-cat is not installed";
  std::vector<std::unique_ptr<SentenceEngine>> engines;
  ApertiumOptions options;
  options.modes.pairs = {"eng-spa", "spa-cat"};
  engines.push_back(std::make_unique<ApertiumEngine>(options));
  RoutingTranslator translator(std::move(engines));
  ASSERT_THAT(translator.route("en", "ca")->through, ElementsAre("es"));
  const Transcript transcript{.language = "en",
                              .engine = "test",
                              .duration = std::chrono::seconds(2),
                              .segments = {{.begin = std::chrono::seconds(0),
                                            .end = std::chrono::seconds(2),
                                            .text = "The house is red.",
                                            .words = {},
                                            .confidence = 1}},
                              .notes = {}};
  SilentProgress progress;
  EXPECT_EQ(translator.translate(transcript, "ca", {}, progress, {}).segments.at(0).text, "La casa és vermella.");
}

TEST_F(RealApertium, EveryUsableModeAnswers) {
  for (const EnginePair& pair : engine_.pairs()) {
    const std::vector<std::string> texts =
        engine_.translate(std::vector<std::string>{"Madrid 2024 [x] @y.", "OK"}, pair.source, pair.target, {});
    EXPECT_THAT(texts[0], HasSubstr("2024 [x] @")) << pair.name;
    EXPECT_FALSE(texts[1].empty()) << pair.name;
  }
}

}  // namespace
}  // namespace voxlate::translation
