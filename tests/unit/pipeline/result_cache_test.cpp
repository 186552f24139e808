#include "pipeline/result_cache.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "base/clock.h"
#include "cache/memory_cache.h"

namespace voxlate::pipeline {
namespace {

using namespace std::chrono_literals;

using Change = std::function<void(JobSpec&)>;

std::string key_of(const JobSpec& spec) { return work_key(spec, "ann", "abc"); }

TEST(WorkKey, DiffersInEverythingThatChangesWhatIsHeard) {
  const std::vector<Change> changes = {[](JobSpec&) {},
                                       [](JobSpec& spec) { spec.language = "en"; },
                                       [](JobSpec& spec) { spec.engine = "en"; },
                                       [](JobSpec& spec) { spec.model = "en"; },
                                       [](JobSpec& spec) { spec.to_english = true; },
                                       [](JobSpec& spec) { spec.prompt = "en"; },
                                       [](JobSpec& spec) { spec.vad = false; },
                                       [](JobSpec& spec) { spec.audio_track = 0; },
                                       [](JobSpec& spec) { spec.audio_track = 1; },
                                       [](JobSpec& spec) { spec.temperature = 0.1F; },
                                       [](JobSpec& spec) { spec.audio_begin = 1ms; },
                                       [](JobSpec& spec) { spec.audio_length = 1ms; }};
  std::set<std::string> keys;
  for (const Change& change : changes) {
    JobSpec spec;
    change(spec);
    keys.insert(key_of(spec));
  }
  keys.insert(work_key({}, "bob", "abc"));
  keys.insert(work_key({}, "ann", "abd"));
  EXPECT_EQ(keys.size(), changes.size() + 2);
}

TEST(WorkKey, IsTheSameWhateverIsMadeOfTheTranscript) {
  const std::vector<Change> changes = {[](JobSpec& spec) { spec.source_name = "talk.mp4"; },
                                       [](JobSpec& spec) { spec.targets = {"es"}; },
                                       [](JobSpec& spec) { spec.translator = "apertium"; },
                                       [](JobSpec& spec) { spec.glossary = "a=b"; },
                                       [](JobSpec& spec) { spec.formats = {"srt"}; },
                                       [](JobSpec& spec) { spec.profile = "netflix"; },
                                       [](JobSpec& spec) { spec.priority = Priority::kHigh; },
                                       [](JobSpec& spec) { spec.origin = "openai"; },
                                       [](JobSpec& spec) { spec.brief = true; },
                                       [](JobSpec& spec) { spec.webhook_url = "https://example.com/"; },
                                       [](JobSpec& spec) { spec.cache = false; }};
  for (const Change& change : changes) {
    JobSpec spec;
    change(spec);
    EXPECT_EQ(key_of(spec), key_of({})) << &change - changes.data();
  }
}

TEST(WorkKey, DoesNotDependOnWhereOneTextEnds) {
  EXPECT_NE(work_key({.engine = "ab", .model = "c"}, "", ""), work_key({.engine = "a", .model = "bc"}, "", ""));
  EXPECT_NE(work_key({}, "ab", "c"), work_key({}, "a", "bc"));
}

class ResultCacheTest : public ::testing::Test {
 protected:
  ResultCache make(ResultCache::Sharing sharing = ResultCache::Sharing::kWithinOwner) {
    return {memory_,
            sharing,
            {.recogniser = [this](const JobSpec&) { return recogniser_; },
             .translator =
                 [this](std::string_view source, std::string_view target) {
                   return translator_ + std::string(source) + std::string(target);
                 }}};
  }

  const SystemClock clock_{};
  cache::MemoryCache memory_{{}, clock_};
  std::string recogniser_ = "tiny";
  std::string translator_ = "dictionary";
  const Transcript transcript_{.language = "en",
                               .engine = "test",
                               .duration = 4s,
                               .segments = {{.begin = 1s, .end = 2s, .text = "Hello.", .words = {}}},
                               .notes = {"It was quiet."}};
};

TEST_F(ResultCacheTest, GivesBackWhatWasKept) {
  const ResultCache results = make();
  const std::string key = results.transcript_key({}, "key");
  EXPECT_EQ(results.find(key), std::nullopt);
  EXPECT_FALSE(results.has_all({}, "key"));
  results.keep(key, transcript_);
  EXPECT_EQ(results.find(key), transcript_);
  EXPECT_TRUE(results.has_all({}, "key"));
  EXPECT_FALSE(results.has_all({.targets = {"es"}}, "key"));
  EXPECT_FALSE(results.has_all({}, ""));
}

TEST_F(ResultCacheTest, AnotherModelMakesAnotherResult) {
  const ResultCache results = make();
  const std::string transcript = results.transcript_key({}, "key");
  const std::string translation = results.translation_key("ann", transcript_, "es", {});
  recogniser_ = "base";
  translator_ = "neural";
  EXPECT_NE(results.transcript_key({}, "key"), transcript);
  EXPECT_NE(results.translation_key("ann", transcript_, "es", {}), translation);
}

TEST_F(ResultCacheTest, TranslationsDependOnTheTextAndOnEveryOption) {
  const ResultCache results = make();
  Transcript other = transcript_;
  other.segments[0].end = 3s;
  const std::set<std::string> keys = {
      results.translation_key("ann", transcript_, "es", {}),
      results.translation_key("bob", transcript_, "es", {}),
      results.translation_key("ann", other, "es", {}),
      results.translation_key("ann", transcript_, "fr", {}),
      results.translation_key("ann", transcript_, "es", {.engine = "neural"}),
      results.translation_key("ann", transcript_, "es", {.glossary = "a=b"}),
      results.translation_key("ann", transcript_, "es", {.max_characters_per_second = 17}),
  };
  EXPECT_EQ(keys.size(), 7U);
}

TEST_F(ResultCacheTest, OwnersShareOnlyWhereTheyMay) {
  const ResultCache apart = make();
  EXPECT_NE(apart.work_key({}, "ann", "abc"), apart.work_key({}, "bob", "abc"));
  const ResultCache together = make(ResultCache::Sharing::kAmongAll);
  EXPECT_EQ(together.work_key({}, "ann", "abc"), together.work_key({}, "bob", "abc"));
  EXPECT_EQ(together.translation_key("ann", transcript_, "es", {}),
            together.translation_key("bob", transcript_, "es", {}));
  EXPECT_EQ(together.work_key({.cache = false}, "ann", "abc"), "");
}

TEST_F(ResultCacheTest, WhatIsNoResultIsAMissAndForgotten) {
  const ResultCache results = make();
  memory_.put("key", "{\"segments\": 1}");
  EXPECT_EQ(results.find("key"), std::nullopt);
  EXPECT_EQ(memory_.get("key"), std::nullopt);
}

}  // namespace
}  // namespace voxlate::pipeline
