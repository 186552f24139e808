#include "translation/sentence_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/clock.h"
#include "cache/memory_cache.h"

namespace voxlate::translation {
namespace {

using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::Optional;

const EnginePair kPair{.source = "en", .target = "es", .name = "neural en-es 1.9"};

Translation said(const std::string& text) {
  return {.versions = {{.text = text, .score = -0.25}, {.text = text + "!", .score = -1.5, .is_cut = true}}};
}

class SentenceCacheTest : public testing::Test {
 protected:
  const SystemClock clock_;
  cache::MemoryCache cache_{{.max_entries = 0}, clock_};
  SentenceCache sentences_{&cache_};
};

TEST_F(SentenceCacheTest, FindsWhatWasAddedInOrder) {
  const std::vector<std::string> asked = {"one", "two"};
  sentences_.add(kPair, asked, std::vector<Translation>{said("uno"), said("dos")});
  EXPECT_THAT(sentences_.find(kPair, std::vector<std::string>{"two", "three", "one"}),
              ElementsAre(Optional(said("dos")), Eq(std::nullopt), Optional(said("uno"))));
}

TEST_F(SentenceCacheTest, APairIsItsLanguagesAndItsModel) {
  const std::vector<std::string> asked = {"one"};
  sentences_.add(kPair, asked, std::vector<Translation>{said("uno")});
  for (const EnginePair& other : {EnginePair{.source = "en", .target = "es", .name = "neural en-es 2.0"},
                                  EnginePair{.source = "en", .target = "pt", .name = kPair.name},
                                  EnginePair{.source = "de", .target = "es", .name = kPair.name}}) {
    EXPECT_THAT(sentences_.find(other, asked), ElementsAre(Eq(std::nullopt)));
  }
}

TEST_F(SentenceCacheTest, WhatSomethingElsePutThereIsNotFound) {
  const std::vector<std::string> asked = {"one"};
  sentences_.add(kPair, asked, std::vector<Translation>{said("uno")});
  const std::string key = std::string("neural en-es 1.9\0en\0es\0one\0", 27);
  ASSERT_TRUE(cache_.get(key).has_value());
  cache_.put(key, "something else");
  EXPECT_THAT(sentences_.find(kPair, asked), ElementsAre(Eq(std::nullopt)));
}

TEST(SentenceCache, WithoutACacheNothingIsKept) {
  SentenceCache none(nullptr);
  const std::vector<std::string> asked = {"one"};
  none.add(kPair, asked, std::vector<Translation>{said("uno")});
  EXPECT_THAT(none.find(kPair, asked), ElementsAre(Eq(std::nullopt)));
}

TEST(TranslationCode, IsExact) {
  for (const double score : {0.0, -0.1, 1e300, -1e-300, -std::numeric_limits<double>::infinity()}) {
    const Translation translation{.versions = {{.text = std::string("\0a\xFF", 3), .score = score},
                                               {.text = "", .score = 1, .is_cut = true},
                                               {.text = std::string(100'000, 'x')}}};
    EXPECT_EQ(decode_translation(encode_translation(translation)), translation);
  }
}

TEST(TranslationCode, RefusesWhatItDidNotMake) {
  const std::string whole = encode_translation(said("uno"));
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_EQ(decode_translation(std::string_view(whole).substr(0, i)), std::nullopt) << i;
  EXPECT_EQ(decode_translation(whole + "x"), std::nullopt);
  EXPECT_EQ(decode_translation(std::string("\1\0", 2)), std::nullopt) << "no version";
  EXPECT_EQ(decode_translation("\2" + whole.substr(1)), std::nullopt) << "another format";
}

}  // namespace
}  // namespace voxlate::translation
