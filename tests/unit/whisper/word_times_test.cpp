#include "whisper/word_times.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(CheapestPath, FollowsTheValley) {
  const std::vector<float> costs{-9, -9, 1,  1,  1,  //
                                 1,  1,  -9, 1,  1,  //
                                 1,  1,  1,  -9, -9};
  const AlignmentPath path = cheapest_path(costs, 3, 5);
  EXPECT_THAT(path.rows, ElementsAre(0, 0, 1, 2, 2));
  EXPECT_THAT(path.columns, ElementsAre(0, 1, 2, 3, 4));
}

TEST(CheapestPath, VisitsEveryRowAndColumn) {
  EXPECT_THAT(cheapest_path(std::vector<float>(4, 1), 4, 1).rows, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(cheapest_path(std::vector<float>(4, 1), 1, 4).columns, ElementsAre(0, 1, 2, 3));
}

TEST(WordTimes, WordsAreInOrderInsideTheWindowAndNoTokenIsLost) {
  const Tokenizer tokenizer = small_tokenizer({" hello", " world"});
  const ScriptedNetwork network(tokenizer, {});
  const std::vector<int> text = tokenizer.encode(" hello, world!");
  const std::vector<AttentionHead> heads{{0, 0}};
  const std::vector<int> start{tokenizer.sot()};
  const TimedWords timed = time_words(network, tokenizer, heads, nullptr, start, text, "en", milliseconds(4000));
  ASSERT_EQ(timed.words.size(), 2U);
  EXPECT_EQ(timed.words[0].text, "hello,");
  EXPECT_EQ(timed.words[1].text, "world!");
  EXPECT_LT(timed.words[0].begin, timed.words[0].end);
  EXPECT_LE(timed.words[0].end, timed.words[1].begin);
  EXPECT_LE(timed.words[1].end, milliseconds(4000));
  EXPECT_FLOAT_EQ(timed.words[0].confidence, 0.5F);
  EXPECT_EQ(timed.end_tokens.back(), text.size());
  EXPECT_TRUE(time_words(network, tokenizer, heads, nullptr, start, {}, "en", milliseconds(4000)).words.empty());
}

}  // namespace
}  // namespace voxlate::whisper
