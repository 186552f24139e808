// What RoutingTranslator does when engines fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/scripted_server.h"
#include "translation/chat_engine.h"
#include "translation/libretranslate_engine.h"
#include "translation/routing_translator.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class NoProgress final : public Progress {
 public:
  void update(Stage, milliseconds, milliseconds) override {}
};

/// Puts its name before every sentence, and fails when it is told to.
class FailingEngine final : public SentenceEngine {
 public:
  FailingEngine(std::string name, std::vector<std::pair<std::string, std::string>> pairs) : name_(std::move(name)) {
    for (auto& [source, target] : pairs) pairs_.push_back({.source = source, .target = target, .name = name_});
  }

  std::vector<EnginePair> pairs() const override { return pairs_; }
  std::string notice() const override { return "By " + name_ + "."; }
  std::string kind() const override { return "fake"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kNone; }

  void refresh(const std::stop_token&) override {
    if (refresh_failure) throw Error(*refresh_failure);
    pairs_.insert(pairs_.end(), learned.begin(), learned.end());
    learned.clear();
  }

  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string&, const std::string&,
                                     std::stop_token) override {
    ++calls;
    if (calls >= fails_from && calls < fails_before) throw Error(failure, name_ + " is broken");
    std::vector<std::string> translations;
    for (const std::string& sentence : sentences) translations.push_back(name_ + " " + sentence);
    return translations;
  }

  int calls = 0;
  int fails_from = 0;  ///< the number of a call
  int fails_before = 0;
  ErrorCode failure = ErrorCode::kUnavailable;
  std::optional<Error> refresh_failure;
  std::vector<EnginePair> learned;  ///< at the next refresh

 private:
  const std::string name_;
  std::vector<EnginePair> pairs_;
};

constexpr int kAlways = 1'000'000;

class RouteFall : public ::testing::Test {
 protected:
  FailingEngine& add(const std::string& name, std::vector<std::pair<std::string, std::string>> pairs) {
    auto engine = std::make_unique<FailingEngine>(name, std::move(pairs));
    FailingEngine& added = *engine;
    engines_.push_back(std::move(engine));
    return added;
  }

  RoutingTranslator& translator() {
    if (!translator_) {
      translator_ = std::make_unique<RoutingTranslator>(std::move(engines_),
                                                        RoutingOptions{.join = {}, .now = [this] { return now_; }});
    }
    return *translator_;
  }

  /// Translates that many sentences of one second each; the router passes 16 at a time.
  Transcript translate(const std::string& target, int sentences = 1) {
    Transcript transcript{
        .language = "en", .engine = "test", .duration = milliseconds(1000) * sentences, .segments = {}, .notes = {}};
    for (int i = 0; i < sentences; ++i) {
      transcript.segments.push_back({.begin = milliseconds(1000) * i,
                                     .end = milliseconds(1000) * (i + 1),
                                     .text = "Private words.",
                                     .words = {},
                                     .confidence = 1});
    }
    NoProgress progress;
    return translator().translate(transcript, target, {}, progress, {});
  }

  Error failure(const std::string& target) {
    try {
      translate(target);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  std::vector<std::unique_ptr<SentenceEngine>> engines_;
  std::chrono::steady_clock::time_point now_{};
  std::unique_ptr<RoutingTranslator> translator_;
};

TEST_F(RouteFall, AnotherEngineWithThePairTakesOver) {
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kTimeout}) {
    engines_.clear();
    translator_.reset();
    FailingEngine& first = add("first", {{"en", "es"}});
    first.fails_before = kAlways;
    first.failure = code;
    add("second", {{"en", "es"}});
    testing::internal::CaptureStdout();
    const Transcript result = translate("es", 40);
    const std::string log = testing::internal::GetCapturedStdout();
    EXPECT_EQ(result.segments.front().text, "second Private words.");
    EXPECT_EQ(result.engine, "second");
    EXPECT_THAT(result.notes,
                ElementsAre("first was not available: the sentences were translated by second.", "By second."));
    EXPECT_THAT(log, AllOf(HasSubstr("translation falls to the next route engine=first pair=en->es "
                                     "reason=\"first is broken\" next=second"),
                           Not(HasSubstr("Private"))));
    EXPECT_EQ(log.find("falls"), log.rfind("falls")) << "one line, however many batches";
  }
}

TEST_F(RouteFall, OnlyTheSentencesThatFailedGoElsewhere) {
  FailingEngine& first = add("first", {{"en", "es"}});
  first.fails_from = 2;
  first.fails_before = 3;
  add("second", {{"en", "es"}});
  const Transcript result = translate("es", 40);
  EXPECT_EQ(result.segments[0].text, "first Private words.");
  EXPECT_EQ(result.segments[20].text, "second Private words.");
  EXPECT_EQ(result.segments[39].text, "first Private words.");
  EXPECT_EQ(result.engine, "first; second");
  EXPECT_THAT(result.notes, ElementsAre("first was not available: 16 of 40 sentences were translated by second.",
                                        "By first.", "By second."));
}

TEST_F(RouteFall, OtherFailuresDoNotFall) {
  FailingEngine& first = add("first", {{"en", "es"}});
  first.fails_before = kAlways;
  FailingEngine& second = add("second", {{"en", "es"}});
  for (const ErrorCode code : {ErrorCode::kCancelled, ErrorCode::kUnsupported, ErrorCode::kInternal}) {
    first.failure = code;
    EXPECT_EQ(failure("es").code(), code);
  }
  EXPECT_EQ(second.calls, 0);
}

TEST_F(RouteFall, TheLastErrorIsThrownWhenNoneIsLeft) {
  add("first", {{"en", "es"}}).fails_before = kAlways;
  FailingEngine& second = add("second", {{"en", "es"}});
  second.fails_before = kAlways;
  second.failure = ErrorCode::kTimeout;
  const Error error = failure("es");
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_STREQ(error.what(), "second is broken");
}

TEST_F(RouteFall, GoesOverAnotherLanguageWhenNoneHasThePair) {
  add("direct", {{"en", "ca"}, {"en", "fr"}, {"fr", "ca"}}).fails_before = kAlways;
  add("detour", {{"en", "es"}, {"es", "ca"}});
  const Transcript result = translate("ca");
  EXPECT_EQ(result.segments[0].text, "detour detour Private words.");
  EXPECT_THAT(result.notes,
              ElementsAre("direct was not available: the sentences were translated by detour, detour (through es).",
                          "By detour."));
}

TEST_F(RouteFall, TheSecondStepMayFallAsWell) {
  add("one", {{"en", "es"}});
  add("two", {{"es", "ca"}}).fails_before = kAlways;
  add("three", {{"es", "ca"}});
  const Transcript result = translate("ca");
  EXPECT_EQ(result.segments[0].text, "three one Private words.") << "begins anew with the sentences as they were";
  EXPECT_THAT(result.notes, Contains("one, two was not available: the sentences were translated by one, three "
                                     "(through es)."));
}

TEST_F(RouteFall, AnEngineThatHungRestsAMinute) {
  FailingEngine& first = add("first", {{"en", "es"}, {"en", "fr"}});
  first.fails_before = kAlways;
  first.failure = ErrorCode::kTimeout;
  add("second", {{"en", "es"}, {"en", "fr"}});
  translate("es", 40);
  translate("fr");
  EXPECT_EQ(first.calls, 1);
  now_ += milliseconds(59'999);
  translate("es");
  EXPECT_EQ(first.calls, 1);
  now_ += milliseconds(1);
  first.fails_before = 0;
  EXPECT_EQ(translate("es").engine, "first");
  EXPECT_EQ(translate("es").engine, "first");
}

TEST_F(RouteFall, AnEngineThatFailsTwiceInARowRestsToo) {
  FailingEngine& first = add("first", {{"en", "es"}});
  first.fails_before = 2;
  add("second", {{"en", "es"}});
  translate("es", 80);
  EXPECT_EQ(first.calls, 5) << "a single failure may be due to the text";
  first.calls = 0;
  first.fails_before = kAlways;
  translate("es", 80);
  EXPECT_EQ(first.calls, 2);
}

TEST_F(RouteFall, AnEngineThatRestsIsAskedWhenThereIsNoOther) {
  FailingEngine& only = add("only", {{"en", "es"}});
  only.fails_before = 2;
  only.failure = ErrorCode::kTimeout;
  EXPECT_EQ(failure("es").code(), ErrorCode::kTimeout);
  EXPECT_EQ(translate("es").engine, "only");
}

TEST_F(RouteFall, LearnsRoutesLater) {
  FailingEngine& slow = add("slow", {});
  FailingEngine& dead = add("dead", {{"en", "fr"}});
  EXPECT_EQ(translator().route("en", "es"), std::nullopt);
  slow.learned = {{"en", "es", "slow"}};
  dead.refresh_failure = Error(ErrorCode::kUnavailable, "dead is dead");
  EXPECT_THROW(translator().refresh({}), Error);
  EXPECT_EQ(translator().route("en", "es")->engine, "slow") << "one that cannot be asked does not hinder the others";
  EXPECT_EQ(translator().route("en", "fr")->engine, "dead");
}

TEST_F(RouteFall, APairThatNobodyHasIsAskedForBeforeItIsGivenUp) {
  add("slow", {}).learned = {{"en", "es", "slow"}};
  FailingEngine& dead = add("dead", {});
  dead.refresh_failure = Error(ErrorCode::kUnavailable, "dead is dead");
  EXPECT_EQ(translate("es").engine, "slow");
  EXPECT_EQ(failure("fr").code(), ErrorCode::kUnavailable) << "the dead one may have it";
  EXPECT_STREQ(failure("fr").what(),
               "cannot translate from en to fr. Installed: en->es. Not known of all: dead is dead");
  dead.refresh_failure.reset();
  EXPECT_EQ(failure("fr").code(), ErrorCode::kUnsupported);
  dead.learned = {{"en", "fr", "dead"}};
  EXPECT_EQ(translate("fr").engine, "dead");
}

TEST_F(RouteFall, ADeadRemoteFallsAndTheLogHasNoSecrets) {
  ScriptedServer chat([](const auto&, const auto& connection) {
    const std::string body = R"({"error":{"message":"chat-key says: Private words."}})";
    connection.send(answer_head("500 Internal Server Error", body.size()) + body);
  });
  std::string nobody;
  {
    const ScriptedServer server([](const auto&, const auto&) {});
    nobody = server.url();
  }
  engines_.push_back(std::make_unique<ChatEngine>(
      ChatOptions{.url = chat.url("v1"), .model = "m", .key = "chat-key", .languages = {"en", "es"}}));
  engines_.push_back(std::make_unique<ChatEngine>(
      ChatOptions{.url = nobody, .model = "n", .key = "other-key", .languages = {"en", "es"}}));
  add("apertium", {{"en", "es"}});
  testing::internal::CaptureStdout();
  const Transcript result = translate("es");
  const std::string log = testing::internal::GetCapturedStdout();
  EXPECT_EQ(result.engine, "apertium");
  EXPECT_THAT(log, AllOf(HasSubstr("engine=\"chat m\" pair=en->es reason=\"127.0.0.1:"), HasSubstr("HTTP status 500"),
                         HasSubstr("next=\"chat n\""), HasSubstr("next=apertium")));
  EXPECT_THAT(log + testing::PrintToString(result.notes), AllOf(Not(HasSubstr("-key")), Not(HasSubstr("Private"))));
}

}  // namespace
}  // namespace voxlate::translation
