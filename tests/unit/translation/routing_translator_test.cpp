#include "translation/routing_translator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Puts "target:" before every sentence.
class TaggingEngine final : public SentenceEngine {
 public:
  explicit TaggingEngine(std::vector<EnginePair> pairs, std::string notice = "")
      : pairs_(std::move(pairs)), notice_(std::move(notice)) {}

  std::vector<EnginePair> pairs() const override { return pairs_; }
  std::string notice() const override { return notice_; }
  std::string kind() const override { return "fake"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kNone; }

  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                     const std::string& target, std::stop_token) override {
    std::vector<std::string> translations;
    for (const std::string& sentence : sentences)
      translations.push_back(sentence == "Silence." ? " " : source + ">" + target + ":" + sentence);
    return translations;
  }

 private:
  std::vector<EnginePair> pairs_;
  std::string notice_;
};

class RecordingProgress final : public Progress {
 public:
  explicit RecordingProgress(std::stop_source* stop = nullptr) : stop_(stop) {}

  void update(Stage stage, milliseconds done, milliseconds total) override {
    EXPECT_EQ(stage, Stage::kTranslating);
    reported.push_back(done.count());
    reported_total = total;
    if (stop_ != nullptr && done.count() > 0) stop_->request_stop();
  }

  std::vector<milliseconds::rep> reported;
  milliseconds reported_total{};

 private:
  std::stop_source* stop_;
};

EnginePair pair(std::string source, std::string target) {
  std::string name = "fake " + source + "-" + target;
  return {.source = std::move(source), .target = std::move(target), .name = std::move(name)};
}

RoutingTranslator make(std::vector<EnginePair> pairs, const std::string& notice = "") {
  std::vector<std::unique_ptr<SentenceEngine>> engines;
  engines.push_back(std::make_unique<TaggingEngine>(std::move(pairs), notice));
  return RoutingTranslator(std::move(engines));
}

Transcript english(std::vector<std::string> texts) {
  Transcript transcript{.language = "en-GB",
                        .engine = "test",
                        .duration = milliseconds(1000 * texts.size()),
                        .segments = {},
                        .notes = {"old"}};
  int begin = 0;
  for (std::string& text : texts) {
    transcript.segments.push_back({.begin = milliseconds(begin),
                                   .end = milliseconds(begin + 1000),
                                   .text = std::move(text),
                                   .words = {},
                                   .confidence = 1});
    begin += 1000;
  }
  return transcript;
}

std::string name_of(const TranslationRoute& route) {
  std::string name = route.source + ">" + route.target;
  for (const std::string& pivot : route.through) name += " by " + pivot;
  return name;
}

TEST(RoutingTranslator, ListsDirectPairsFirstThenPivoted) {
  const RoutingTranslator translator = make({pair("es", "en"), pair("en", "es"), pair("es", "ca")});
  std::vector<std::string> names;
  for (const TranslationRoute& route : translator.routes()) names.push_back(name_of(route));
  EXPECT_THAT(names, ElementsAre("en>es", "es>ca", "es>en", "en>ca by es"));
  EXPECT_EQ(translator.routes().back().engine, "fake en-es, fake es-ca");
}

TEST(RoutingTranslator, PivotsOverEnglishThenSpanishThenTheAlphabet) {
  const RoutingTranslator translator =
      make({pair("a", "ca"), pair("a", "en"), pair("a", "es"), pair("a", "pt"), pair("ca", "z"), pair("en", "z"),
            pair("es", "z"), pair("ca", "y"), pair("es", "y"), pair("pt", "x"), pair("ca", "x")});
  EXPECT_THAT(translator.route("a", "z")->through, ElementsAre("en"));
  EXPECT_THAT(translator.route("a", "y")->through, ElementsAre("es"));
  EXPECT_THAT(translator.route("a", "x")->through, ElementsAre("ca"));
}

TEST(RoutingTranslator, IgnoresRegionsButPrefersThem) {
  const RoutingTranslator translator =
      make({pair("es", "en"), pair("es", "en-US"), pair("es", "pt-BR"), pair("en", "es")});
  EXPECT_EQ(translator.route("es-MX", "en-GB")->target, "en");
  EXPECT_EQ(translator.route("es", "en")->target, "en");
  EXPECT_EQ(translator.route("es", "EN_us")->target, "en-US");
  EXPECT_EQ(translator.route("es", "pt")->target, "pt-BR");
  EXPECT_EQ(translator.route("en", "pt")->target, "pt-BR");
}

TEST(RoutingTranslator, HasNoRouteToTheSameOrAnUnknownLanguage) {
  const RoutingTranslator translator = make({pair("en", "es"), pair("es", "en"), pair("es", "en-US")});
  EXPECT_EQ(translator.route("en", "en"), std::nullopt);
  EXPECT_EQ(translator.route("en-GB", "en-US"), std::nullopt);
  EXPECT_EQ(translator.route("en", "th"), std::nullopt);
  EXPECT_EQ(translator.route("", ""), std::nullopt);
  for (const TranslationRoute& route : translator.routes())
    EXPECT_NE(route.source.substr(0, 2), route.target.substr(0, 2));
}

TEST(RoutingTranslator, TheFirstEngineWithAPairIsTaken) {
  std::vector<std::unique_ptr<SentenceEngine>> engines;
  engines.push_back(std::make_unique<TaggingEngine>(std::vector<EnginePair>{{"en", "es", "first"}}));
  engines.push_back(
      std::make_unique<TaggingEngine>(std::vector<EnginePair>{{"en", "es", "second"}, {"en", "fr", "second"}}));
  const RoutingTranslator translator(std::move(engines));
  EXPECT_EQ(translator.route("en", "es")->engine, "first");
  EXPECT_EQ(translator.route("en", "fr")->engine, "second");
}

TEST(RoutingTranslator, TranslatesSentencesAndLaysThemBack) {
  RoutingTranslator translator = make({pair("en", "es")}, "It is a test.");
  RecordingProgress progress;
  const Transcript result = translator.translate(english({"One two", "three.", "Silence."}), "es", {}, progress, {});
  EXPECT_EQ(result.language, "es");
  EXPECT_EQ(result.engine, "fake en-es");
  EXPECT_EQ(result.duration, milliseconds(3000));
  EXPECT_THAT(result.notes, ElementsAre("It is a test."));
  ASSERT_EQ(result.segments.size(), 3U);
  EXPECT_EQ(result.segments[0].text + " " + result.segments[1].text, "en>es:One two three.");
  EXPECT_EQ(result.segments[2].text, "Silence.") << "what has no translation stays";
  EXPECT_EQ(progress.reported_total, milliseconds(3000));
  EXPECT_EQ(progress.reported.front(), 0);
  EXPECT_EQ(progress.reported.back(), 3000);
}

TEST(RoutingTranslator, GoesThroughThePivotAndSaysSo) {
  RoutingTranslator translator = make({pair("en", "es"), pair("es", "ca")}, "Same notice.");
  RecordingProgress progress;
  const Transcript result = translator.translate(english({"One."}), "ca-ES", {}, progress, {});
  EXPECT_EQ(result.language, "ca");
  EXPECT_EQ(result.segments[0].text, "es>ca:en>es:One.");
  EXPECT_THAT(result.notes, ElementsAre(HasSubstr("through es"), "Same notice."));
}

TEST(RoutingTranslator, AMissingPairSaysWhatThereIs) {
  RoutingTranslator translator = make({pair("en", "es"), pair("es", "en"), pair("es", "ca")});
  RecordingProgress progress;
  try {
    translator.translate(english({"One."}), "th", {}, progress, {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_STREQ(error.what(),
                 "cannot translate from en-GB to th. Installed: en->es, en->ca (through es), es->ca, es->en");
  }
  std::vector<EnginePair> many;
  for (char c = 'a'; c <= 'z'; ++c) many.push_back(pair("en", std::string("x") + c));
  RoutingTranslator large = make(many);
  try {
    large.translate(english({"One."}), std::string(10'000, 'y'), {}, progress, {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("and 6 more"));
    EXPECT_LT(std::string(error.what()).size(), 1000U);
  }
}

TEST(RoutingTranslator, NothingInstalledSaysSo) {
  RoutingTranslator translator{{}};
  EXPECT_THAT(translator.routes(), IsEmpty());
  RecordingProgress progress;
  try {
    translator.translate(english({"One."}), "es", {}, progress, {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot translate from en-GB to es. Installed: no pair");
  }
}

TEST(RoutingTranslator, StopsBetweenReports) {
  RoutingTranslator translator = make({pair("en", "es")});
  std::stop_source stop;
  RecordingProgress progress(&stop);
  try {
    translator.translate(english(std::vector<std::string>(100, "One.")), "es", {}, progress, stop.get_token());
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_EQ(progress.reported.size(), 2U);
}

TEST(RoutingTranslator, AnEmptyTranscriptStaysEmpty) {
  RoutingTranslator translator = make({pair("en", "es")});
  RecordingProgress progress;
  EXPECT_THAT(translator.translate(english({}), "es", {}, progress, {}).segments, IsEmpty());
}

}  // namespace
}  // namespace voxlate::translation
