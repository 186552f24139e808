#include "translation/sentence_batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/translation/net/small_model.h"
#include "tests/unit/translation/scripted_network.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Le;

constexpr int kEnd = 0;
constexpr int kStart = 1;
constexpr int kUnknown = 2;
constexpr int kVocabulary = 100;

ErrorCode code_of(std::future<SentenceBatcher::Result>& result) {
  try {
    result.get();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an error";
  return ErrorCode::kInternal;
}

SentenceBatcher::Request greedy(std::vector<int> tokens, const void* job = nullptr) {
  return {.tokens = std::move(tokens),
          .prompt = {kStart},
          .end = kEnd,
          .search = {.beam_size = 1, .max_tokens = 1000, .cut_loops = false},
          .job = job};
}

/// Says the source backwards.
void say_backwards(std::span<const int> source, std::span<const int> tokens, std::span<float> logits) {
  const std::size_t said = tokens.size() - 1;
  logits[said < source.size() ? static_cast<std::size_t>(source[source.size() - 1 - said]) : kEnd] = 20;
}

/// Never says the same and never ends.
void say_on(std::span<const int> tokens, std::span<float> logits) {
  logits[3 + (tokens.size() * 2654435761U >> 13U) % 90] = 20;
}

TEST(SentenceBatcher, TranslatesSentencesOfAllLengths) {
  const ScriptedNetwork network(kVocabulary, say_backwards);
  {
    SentenceBatcher batcher(network, {.max_sentences = 3});
    std::vector<std::future<SentenceBatcher::Result>> results;
    for (int length = 1; length < 20; ++length) {
      std::vector<int> tokens(static_cast<std::size_t>(length));
      for (int i = 0; i < length; ++i) tokens[static_cast<std::size_t>(i)] = 10 + i;
      results.push_back(batcher.submit(greedy(tokens), {}));
    }
    for (int length = 1; length < 20; ++length) {
      const SentenceBatcher::Result result = results[static_cast<std::size_t>(length - 1)].get();
      ASSERT_EQ(result.size(), 1U);
      std::vector<int> expected(static_cast<std::size_t>(length));
      for (int i = 0; i < length; ++i) expected[static_cast<std::size_t>(i)] = 9 + length - i;
      EXPECT_EQ(result[0].hypothesis.tokens, expected);
      EXPECT_THAT(result[0].unknown_sources, Each(-1));
    }
  }
  EXPECT_EQ(network.open_sequences(), 0);
}

TEST(SentenceBatcher, SaysWhatUnknownTokensWereMadeOf) {
  // When a token is read that is n-th in the sequence, position 10 n of the source is looked at.
  const ScriptedNetwork network(
      kVocabulary,
      [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
        const std::vector<int> words = {5, kUnknown, 6, kUnknown};
        const std::size_t said = tokens.size() - 2;
        logits[said < words.size() ? static_cast<std::size_t>(words[said]) : kEnd] = 20;
      },
      [](std::span<const int>, std::span<const int> tokens) {
        EXPECT_THAT(tokens, ElementsAre(kStart, 9, 5, kUnknown, 6)) << "nothing follows the last one";
        std::vector<int> places;
        for (int i = 0; i < static_cast<int>(tokens.size()); ++i) places.push_back(10 * i);
        return places;
      });
  SentenceBatcher batcher(network, {});
  SentenceBatcher::Request request = greedy({50, 51, 52});
  request.prompt = {kStart, 9};
  request.unknown = kUnknown;
  const SentenceBatcher::Result result = batcher.submit(request, {}).get();
  EXPECT_THAT(result[0].hypothesis.tokens, ElementsAre(5, kUnknown, 6, kUnknown));
  EXPECT_THAT(result[0].unknown_sources, ElementsAre(-1, 20, -1, 40));
}

TEST(SentenceBatcher, AnUnknownTokenAtTheEndOfTheContextIsFoundToo) {
  const SmallNetwork network;
  SentenceBatcher batcher(*network, {});
  SentenceBatcher::Request request{.tokens = {3, 4, 5}, .prompt = {kStart}, .end = kEnd};
  request.search = {
      .beam_size = 1, .min_tokens = 1000, .max_tokens = network->shape().target_context, .cut_loops = false};
  const std::vector<int> tokens = batcher.submit(request, {}).get()[0].hypothesis.tokens;
  ASSERT_EQ(static_cast<int>(tokens.size()), network->shape().target_context);
  request.unknown = tokens.back();
  const SentenceBatcher::Result result = batcher.submit(request, {}).get();
  EXPECT_THAT(result[0].unknown_sources.back(), testing::AllOf(testing::Ge(0), Le(2)));
}

TEST(SentenceBatcher, AStopEndsASentenceWithinOneStepAndNoOther) {
  std::stop_source stop;
  int steps = 0;
  const ScriptedNetwork network(kVocabulary,
                                [&](std::span<const int> source, std::span<const int> tokens, std::span<float> logits) {
                                  if (source[0] != 50) return say_backwards(source, tokens, logits);
                                  if (++steps == 10) stop.request_stop();
                                  say_on(tokens, logits);
                                });
  {
    SentenceBatcher batcher(network, {.max_sentences = 8});
    const int film = 0;
    const int clip = 0;
    auto stopped = batcher.submit(greedy({50}, &film), stop.get_token());
    auto waiting = batcher.submit(greedy({51}, &clip), {});
    auto other = batcher.submit(greedy(std::vector<int>(30, 52), &clip), {});
    EXPECT_EQ(code_of(stopped), ErrorCode::kCancelled);
    EXPECT_THAT(waiting.get()[0].hypothesis.tokens, ElementsAre(51));
    EXPECT_EQ(other.get()[0].hypothesis.tokens, std::vector<int>(30, 52));
    auto late = batcher.submit(greedy({53}), stop.get_token());
    EXPECT_EQ(code_of(late), ErrorCode::kCancelled) << "it never begins";
  }
  EXPECT_EQ(steps, 10);
  EXPECT_EQ(network.open_sequences(), 0);
}

TEST(SentenceBatcher, AFailedStepFailsThoseInItAndNoLaterOne) {
  ScriptedNetwork network(kVocabulary, say_backwards);
  bool fail = true;
  network.on_step = [&](std::size_t) {
    if (std::exchange(fail, false)) throw Error(ErrorCode::kInternal, "broken");
  };
  SentenceBatcher batcher(network, {});
  auto first = batcher.submit(greedy({50, 51}), {});
  EXPECT_EQ(code_of(first), ErrorCode::kInternal);
  EXPECT_THAT(batcher.submit(greedy({50, 51}), {}).get()[0].hypothesis.tokens, ElementsAre(51, 50));
  network.on_encode = [fail = true](std::span<const std::span<const int>>) mutable {
    if (std::exchange(fail, false)) throw Error(ErrorCode::kInternal, "broken");
  };
  auto third = batcher.submit(greedy({50, 51}), {});
  EXPECT_EQ(code_of(third), ErrorCode::kInternal);
  EXPECT_THAT(batcher.submit(greedy({50, 51}), {}).get()[0].hypothesis.tokens, ElementsAre(51, 50));
}

TEST(SentenceBatcher, ASentenceWhoseLogitsAreNoNumbersFailsAlone) {
  const ScriptedNetwork network(kVocabulary,
                                [&](std::span<const int> source, std::span<const int> tokens, std::span<float> logits) {
                                  say_backwards(source, tokens, logits);
                                  if (source[0] == 50) logits[3] = std::numeric_limits<float>::quiet_NaN();
                                });
  SentenceBatcher batcher(network, {});
  auto broken = batcher.submit(greedy({50, 51}), {});
  auto whole = batcher.submit(greedy({51, 50}), {});
  EXPECT_EQ(code_of(broken), ErrorCode::kCorrupt);
  EXPECT_THAT(whole.get()[0].hypothesis.tokens, ElementsAre(50, 51));
}

TEST(SentenceBatcher, TheLongestSentenceOfAJobIsBegunFirst) {
  std::promise<void> running;
  std::promise<void> submitted;
  std::future<void> all = submitted.get_future();
  std::vector<int> begun;
  ScriptedNetwork network(kVocabulary, say_backwards);
  network.on_encode = [&](std::span<const std::span<const int>> sentences) {
    for (const auto& sentence : sentences) begun.push_back(sentence[0]);
    if (begun.size() == 1 && all.valid()) {
      running.set_value();
      all.get();
    }
  };
  SentenceBatcher batcher(network, {.max_sentences = 2});
  const int film = 0;
  const int clip = 0;
  std::vector<std::future<SentenceBatcher::Result>> results;
  results.push_back(batcher.submit(greedy({10}, &film), {}));
  running.get_future().wait();
  for (const std::size_t length : {3U, 9U, 9U, 5U})
    results.push_back(
        batcher.submit(greedy(std::vector<int>(length, 11 + static_cast<int>(results.size())), &film), {}));
  results.push_back(batcher.submit(greedy({30}, &clip), {}));
  submitted.set_value();
  for (auto& result : results) result.get();
  EXPECT_THAT(begun, ElementsAre(10, 30, 13, 14, 15, 12));
}

TEST(SentenceBatcher, WhatItHasNotFinishedEndsWithIt) {
  std::promise<void> running;
  const ScriptedNetwork network(kVocabulary, [&, first = true](std::span<const int>, std::span<const int> tokens,
                                                               std::span<float> logits) mutable {
    if (std::exchange(first, false)) running.set_value();
    say_on(tokens, logits);
  });
  auto batcher = std::make_unique<SentenceBatcher>(network, SentenceBatcher::Options{.max_sentences = 2});
  std::vector<std::future<SentenceBatcher::Result>> results;
  for (int i = 0; i < 5; ++i) {
    SentenceBatcher::Request request = greedy({50});
    request.search.max_tokens = std::numeric_limits<int>::max();
    results.push_back(batcher->submit(request, {}));
  }
  running.get_future().wait();
  batcher.reset();
  for (auto& result : results) EXPECT_EQ(code_of(result), ErrorCode::kCancelled);
  EXPECT_EQ(network.open_sequences(), 0);
}

class SentencesOfARealNetwork : public testing::TestWithParam<Computing> {
 protected:
  static void expect_same(const std::vector<Hypothesis>& got, const std::vector<Hypothesis>& expected,
                          unsigned sentence) {
    ASSERT_EQ(got.size(), expected.size()) << "sentence " << sentence;
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].tokens, expected[i].tokens) << "sentence " << sentence;
      EXPECT_NEAR(got[i].score, expected[i].score, GetParam().is_exact() ? 0 : 1e-5) << "sentence " << sentence;
    }
  }
};

/// Sentences of several threads in any order say what each of them says alone: tokens and scores, to the bit, or but
/// for the order of sums.
TEST_P(SentencesOfARealNetwork, SayTheSameAloneAndInCompany) {
  constexpr unsigned kSentences = 48;
  const SmallNetwork network(GetParam());
  const auto request = [](unsigned index) {
    SentenceBatcher::Request asked{
        .tokens = some_tokens(1 + static_cast<int>(index * 5 % 23), 19, index), .prompt = {kStart}, .end = kEnd};
    asked.search = {.beam_size = index % 2 == 0 ? 1 : 4, .n_best = index % 2 == 0 ? 1 : 4, .max_tokens = 40};
    asked.job = index % 3 == 0 ? nullptr : &kVocabulary;
    return asked;
  };
  std::vector<std::vector<Hypothesis>> alone;
  const auto hypotheses = [](std::future<SentenceBatcher::Result> future) {
    std::vector<Hypothesis> all;
    for (SentenceBatcher::Translation& one : future.get()) all.push_back(std::move(one.hypothesis));
    return all;
  };
  for (unsigned i = 0; i < kSentences; ++i) {
    SentenceBatcher batcher(*network, {.max_sentences = 1});
    alone.push_back(hypotheses(batcher.submit(request(i), {})));
  }
  for (const std::size_t places : {3U, 32U}) {
    SentenceBatcher batcher(*network, {.max_sentences = places});
    std::vector<std::vector<Hypothesis>> together(kSentences);
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        std::vector<unsigned> order;
        for (unsigned i = thread; i < kSentences; i += 4) order.push_back(i);
        std::shuffle(order.begin(), order.end(), std::mt19937(thread));
        std::vector<std::future<SentenceBatcher::Result>> futures;
        for (const unsigned i : order) futures.push_back(batcher.submit(request(i), {}));
        for (std::size_t i = 0; i < order.size(); ++i) together[order[i]] = hypotheses(std::move(futures[i]));
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (unsigned i = 0; i < kSentences; ++i) expect_same(together[i], alone[i], i);
  }
  const auto differs = [&](const auto& one) { return one[0].tokens != alone[0][0].tokens; };
  EXPECT_GT(std::count_if(alone.begin(), alone.end(), differs), 20) << "they must differ for this to mean something";
}

INSTANTIATE_TEST_SUITE_P(Ways, SentencesOfARealNetwork,
                         testing::ValuesIn(ways_of_computing({ComputeType::kFloat32, ComputeType::kInt8})),
                         [](const auto& suite) { return name_of(suite.param); });

}  // namespace
}  // namespace voxlate::translation
