#include "translation/sentence_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/translation/scripted_network.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kEnd = 0;
constexpr int kStart = 1;

/// Runs a search to its end.
std::vector<Hypothesis> search(const ScriptedNetwork& network, const SearchOptions& options,
                               std::vector<int> prompt = {kStart}) {
  const auto session = network.new_session();
  const std::vector<int> sentence = {1};
  const std::span<const int> one = sentence;
  SentenceSearch search({.session = *session, .end = kEnd, .prompt = std::move(prompt), .options = options},
                        network.encode({&one, 1}).at(0));
  const auto vocabulary = static_cast<std::size_t>(network.shape().target_vocabulary);
  while (!search.finished()) {
    std::vector<nn::DecoderSession::Input> inputs;
    search.request(inputs);
    const std::span<float> logits = session->step(inputs);
    search.mask(logits, vocabulary);
    search.advance(network.best_tokens(logits, inputs.size(), search.candidates()));
  }
  EXPECT_EQ(network.open_sequences(), 0);
  std::vector<nn::DecoderSession::Input> inputs;
  search.request(inputs);
  EXPECT_TRUE(inputs.empty());
  return search.results();
}

/// Logits that look random and depend on every token so far.
ScriptedNetwork random_network(int vocabulary, std::uint64_t seed, float end_bonus = 0) {
  return ScriptedNetwork(vocabulary, [=](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;
    for (const int token : tokens) state = (state ^ static_cast<std::uint64_t>(token + 1)) * 0xBF58476D1CE4E5B9U;
    for (float& logit : logits) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      logit = static_cast<float>(state >> 40U) / static_cast<float>(1 << 22);
    }
    logits[kEnd] += end_bonus;
  });
}

/// log p of each token behind `tokens`, in double, without the end where it may not come.
std::vector<double> log_probabilities(const ScriptedNetwork& network, const std::vector<int>& tokens, bool may_end) {
  const auto session = network.new_session();
  const std::vector<int> sentence = {1};
  const std::span<const int> one = sentence;
  const int sequence = session->open(network.encode({&one, 1}).at(0));
  const nn::DecoderSession::Input input{.sequence = sequence, .tokens = tokens};
  const std::span<const float> logits = session->step({&input, 1});
  std::vector<double> result(logits.begin(), logits.end());
  session->close(sequence);
  if (!may_end) result[kEnd] = -std::numeric_limits<double>::infinity();
  double total = 0;
  for (const double logit : result) total += std::exp(logit);
  for (double& logit : result) logit -= std::log(total);
  return result;
}

struct Plain {
  std::vector<int> tokens;
  double sum = 0;
  bool ended = false;
};

double score_of(const Plain& one, double penalty) {
  return one.sum / std::pow(static_cast<double>(one.tokens.size() + (one.ended ? 1 : 0)), penalty);
}

void sort_results(std::vector<Plain>& all, double penalty) {
  std::stable_sort(all.begin(), all.end(), [&](const Plain& a, const Plain& b) {
    return a.ended != b.ended ? a.ended : score_of(a, penalty) > score_of(b, penalty);
  });
}

std::vector<int> with_prompt(const std::vector<int>& tokens) {
  std::vector<int> all = {kStart};
  all.insert(all.end(), tokens.begin(), tokens.end());
  return all;
}

/// Every translation there is.
void add_all(const ScriptedNetwork& network, const SearchOptions& options, const Plain& begun,
             std::vector<Plain>& all) {
  const auto length = static_cast<int>(begun.tokens.size());
  const auto log_p = log_probabilities(network, with_prompt(begun.tokens), length >= options.min_tokens);
  for (std::size_t token = 0; token < log_p.size(); ++token) {
    if (std::isinf(log_p[token])) continue;
    Plain next = begun;
    next.sum += log_p[token];
    next.ended = static_cast<int>(token) == kEnd;
    if (!next.ended) next.tokens.push_back(static_cast<int>(token));
    if (next.ended || length + 1 == options.max_tokens)
      all.push_back(next);
    else
      add_all(network, options, next, all);
  }
}

/// The rules of OpenNMT's beam search, literally: of the 2 * beam best continuations those of the first beam that end
/// are results, each replaced by the next of the others that does not end.
std::vector<Plain> beam_by_the_rules(const ScriptedNetwork& network, const SearchOptions& options) {
  const auto beam = static_cast<std::size_t>(options.beam_size);
  std::vector<Plain> rows = {{}};
  std::vector<Plain> done;
  for (int step = 0;; ++step) {
    std::vector<Plain> candidates;
    for (const Plain& row : rows) {
      const auto log_p = log_probabilities(network, with_prompt(row.tokens), step >= options.min_tokens);
      for (std::size_t token = 0; token < log_p.size(); ++token) {
        Plain next = row;
        next.sum += log_p[token];
        next.ended = static_cast<int>(token) == kEnd;
        if (!next.ended) next.tokens.push_back(static_cast<int>(token));
        if (!std::isinf(log_p[token])) candidates.push_back(next);
      }
    }
    std::sort(candidates.begin(), candidates.end(), [](const Plain& a, const Plain& b) { return a.sum > b.sum; });
    candidates.resize(std::min(candidates.size(), 2 * beam));
    const bool is_last = step + 1 == options.max_tokens;
    std::vector<bool> used(candidates.size());
    std::vector<Plain> next_rows;
    for (std::size_t rank = 0; rank < std::min(beam, candidates.size()); ++rank) {
      if (!candidates[rank].ended && !is_last) {
        next_rows.push_back(candidates[rank]);
        continue;
      }
      done.push_back(candidates[rank]);
      for (std::size_t other = beam; other < candidates.size(); ++other) {
        if (used[other] || candidates[other].ended) continue;
        used[other] = true;
        next_rows.push_back(candidates[other]);
        break;
      }
    }
    if (is_last || next_rows.empty() ||
        static_cast<double>(done.size()) >= std::round(options.beam_size * double{options.patience}))
      break;
    rows = next_rows;
  }
  sort_results(done, options.length_penalty);
  if (done.size() > static_cast<std::size_t>(options.n_best)) done.resize(static_cast<std::size_t>(options.n_best));
  return done;
}

void expect_same(const std::vector<Hypothesis>& got, const std::vector<Plain>& expected, double penalty) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].tokens, expected[i].tokens) << i;
    EXPECT_NEAR(got[i].score, score_of(expected[i], penalty), 1e-5) << i;
    EXPECT_EQ(got[i].ending == Ending::kEnd, expected[i].ended) << i;
  }
}

TEST(SentenceSearch, FindsWhatTryingEverythingFindsWhenTheBeamIsWideEnough) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ScriptedNetwork network = random_network(4, seed);
    SearchOptions options{.beam_size = 400, .n_best = 400, .max_tokens = 4};
    options.length_penalty = std::vector<float>{0, 0.6F, 1, 2}[seed % 4];
    options.min_tokens = static_cast<int>(seed % 3);
    std::vector<Plain> all;
    add_all(network, options, {}, all);
    sort_results(all, options.length_penalty);
    expect_same(search(network, options), all, options.length_penalty);
  }
}

TEST(SentenceSearch, IsTheBeamSearchOfOpenNmt) {
  int differ = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const ScriptedNetwork network = random_network(7, seed, /*end_bonus=*/seed % 2 == 0 ? 0.0F : 1.0F);
    SearchOptions options{.beam_size = 1 + static_cast<int>(seed % 4), .max_tokens = 9, .cut_loops = false};
    options.n_best = options.beam_size;
    options.patience = std::vector<float>{1, 2, 0.5F}[seed / 4 % 3];
    options.length_penalty = std::vector<float>{1, 0, 0.5F, 1.5F}[seed / 12 % 4];
    options.min_tokens = 1 + static_cast<int>(seed % 5 == 0);
    const std::vector<Hypothesis> got = search(network, options);
    expect_same(got, beam_by_the_rules(network, options), options.length_penalty);
    SearchOptions greedy = options;
    greedy.beam_size = 1;
    greedy.n_best = 1;
    if (search(network, greedy)[0].tokens != got[0].tokens) ++differ;
  }
  EXPECT_GT(differ, 5) << "a beam finds what greedy search does not";
}

/// Says `words`, then ends; each word with the logit 5, all others -10.
ScriptedNetwork::Script say(std::vector<int> words) {
  return [words](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    const std::size_t said = tokens.size() - 1;
    logits[said < words.size() ? static_cast<std::size_t>(words[said]) : kEnd] = 5;
  };
}

TEST(SentenceSearch, TheEndCountsInTheScoreAndNotAmongTheTokens) {
  const ScriptedNetwork network(10, say({4, 5, 6}));
  const double each = -std::log1p(9 * std::exp(-15.0));
  for (const int beam : {1, 4}) {
    const std::vector<Hypothesis> results = search(network, {.beam_size = beam});
    ASSERT_EQ(results.size(), 1U);
    EXPECT_THAT(results[0].tokens, ElementsAre(4, 5, 6));
    EXPECT_EQ(results[0].ending, Ending::kEnd);
    EXPECT_NEAR(results[0].score, each, 1e-7);
    EXPECT_NEAR(search(network, {.beam_size = beam, .length_penalty = 0})[0].score, 4 * each, 1e-6);
  }
}

TEST(SentenceSearch, OfEqualTokensTheFirstIsTaken) {
  const ScriptedNetwork network(10, [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    if (tokens.size() == 1)
      logits[7] = logits[3] = logits[8] = 5;
    else
      logits[kEnd] = 5;
  });
  EXPECT_THAT(search(network, {.beam_size = 1})[0].tokens, ElementsAre(3));
  const std::vector<Hypothesis> all = search(network, {.beam_size = 3, .n_best = 3});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_THAT(all[0].tokens, ElementsAre(3));
  EXPECT_THAT(all[1].tokens, ElementsAre(7));
  EXPECT_THAT(all[2].tokens, ElementsAre(8));
}

TEST(SentenceSearch, ReadsItsPromptAtOnce) {
  const ScriptedNetwork network(10, [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    EXPECT_GE(tokens.size(), 3U);
    logits[tokens.size() == 3 ? static_cast<std::size_t>(tokens[1]) : kEnd] = 5;
  });
  EXPECT_THAT(search(network, {}, {1, 9, 2})[0].tokens, ElementsAre(9)) << "the prompt is no part of it";
}

TEST(SentenceSearch, DoesNotEndBeforeTheLeastLength) {
  const ScriptedNetwork network(4, [](std::span<const int>, std::span<const int>, std::span<float> logits) {
    logits[kEnd] = 5;
    logits[2] = 1;
  });
  EXPECT_THAT(search(network, {.min_tokens = 0})[0].tokens, IsEmpty());
  EXPECT_THAT(search(network, {})[0].tokens, ElementsAre(2));
  EXPECT_THAT(search(network, {.beam_size = 1, .min_tokens = 4})[0].tokens, ElementsAre(2, 2, 2, 2));
}

TEST(SentenceSearch, IsCutAtTheMostTokens) {
  const ScriptedNetwork network(10, say({2, 3, 4, 5, 6, 7, 8}));
  const Hypothesis cut = search(network, {.beam_size = 1, .max_tokens = 3})[0];
  EXPECT_THAT(cut.tokens, ElementsAre(2, 3, 4));
  EXPECT_EQ(cut.ending, Ending::kCut);
  EXPECT_EQ(search(network, {.beam_size = 1, .max_tokens = 7})[0].ending, Ending::kCut) << "the end counts as one";
  EXPECT_EQ(search(network, {.beam_size = 1, .max_tokens = 8})[0].ending, Ending::kEnd);
  EXPECT_THAT(search(network, {.beam_size = 1, .max_tokens = 1})[0].tokens, ElementsAre(2));
}

TEST(SentenceSearch, AnEndedTranslationComesBeforeACutOne) {
  // "2" ends, improbable as it is; "3 3 3 …" is far more probable and never ends.
  const ScriptedNetwork network(5, [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    if (tokens.size() == 1)
      logits[2] = 0, logits[3] = 4;
    else
      logits[tokens[1] == 2 ? kEnd : 3] = 5;
  });
  SearchOptions options{.beam_size = 2, .patience = 50, .n_best = 100, .max_tokens = 6, .cut_loops = false};
  const std::vector<Hypothesis> all = search(network, options);
  const auto cut =
      std::find_if(all.begin(), all.end(), [](const Hypothesis& one) { return one.ending == Ending::kCut; });
  ASSERT_NE(cut, all.end());
  EXPECT_THAT(all[0].tokens, ElementsAre(2));
  EXPECT_GT(cut->score, all[0].score);
  EXPECT_TRUE(std::all_of(cut, all.end(), [](const Hypothesis& one) { return one.ending == Ending::kCut; }));
}

TEST(SentenceSearch, PatienceWaitsForMoreResults) {
  const ScriptedNetwork network = random_network(9, 3, /*end_bonus=*/1);
  const auto count = [&](float patience) {
    return search(network, {.beam_size = 4, .patience = patience, .n_best = 100, .max_tokens = 60}).size();
  };
  EXPECT_GE(count(1), 4U);
  EXPECT_GE(count(3), 12U);
  EXPECT_LT(count(0.5F), count(3));
  EXPECT_GE(count(0), 1U);
}

TEST(SentenceSearch, CutsALoopAndSaysSo) {
  const ScriptedNetwork network(10, [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    const std::size_t said = tokens.size() - 1;
    logits[kEnd] = -30;
    logits[said < 3 ? said + 2 : 5 + said % 2] = 5;  // 2 3 4, then 6 5 6 5 …
  });
  for (const int beam : {1, 3}) {
    const Hypothesis looped = search(network, {.beam_size = beam})[0];
    EXPECT_THAT(looped.tokens, ElementsAre(2, 3, 4, 6, 5));
    EXPECT_EQ(looped.ending, Ending::kLooped);
    const Hypothesis whole = search(network, {.beam_size = beam, .max_tokens = 50, .cut_loops = false})[0];
    EXPECT_EQ(whole.tokens.size(), 50U);
    EXPECT_EQ(whole.ending, Ending::kCut);
  }
}

TEST(SentenceSearch, WhatTheSourceMayRepeatIsNoLoop) {
  const ScriptedNetwork network(10, [](std::span<const int>, std::span<const int> tokens, std::span<float> logits) {
    logits[kEnd] = tokens.size() > 24 ? 9 : -30;
    logits[5] = 5;
  });
  const Hypothesis repeated = search(network, {.beam_size = 2, .loops_from = 30})[0];
  EXPECT_EQ(repeated.tokens.size(), 24U);
  EXPECT_EQ(repeated.ending, Ending::kEnd);
  EXPECT_EQ(search(network, {.beam_size = 2, .loops_from = 20})[0].ending, Ending::kLooped);
}

TEST(SentenceSearch, WithoutNumbersThereIsNoResult) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const ScriptedNetwork network(
        10, [bad](std::span<const int>, std::span<const int>, std::span<float> logits) { logits[4] = bad; });
    const model_file::Refusal refusal = model_file::refusal([&] { search(network, {}); });
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt);
    EXPECT_THAT(refusal.message, HasSubstr("not finite"));
  }
}

TEST(SentenceSearch, GivesItsSequencesBackWheneverItEnds) {
  const ScriptedNetwork network = random_network(9, 3, /*end_bonus=*/-20);
  const auto session = network.new_session();
  const std::vector<int> sentence = {1};
  const std::span<const int> one = sentence;
  {
    SentenceSearch search({.session = *session, .end = kEnd, .prompt = {kStart}, .options = {.beam_size = 5}},
                          network.encode({&one, 1}).at(0));
    for (int step = 0; step < 4; ++step) {
      std::vector<nn::DecoderSession::Input> inputs;
      search.request(inputs);
      EXPECT_EQ(static_cast<int>(inputs.size()), network.open_sequences());
      EXPECT_EQ(inputs.size(), step == 0 ? 1U : 5U);
      const std::span<float> logits = session->step(inputs);
      search.advance(network.best_tokens(logits, inputs.size(), search.candidates()));
    }
    EXPECT_FALSE(search.finished());
  }
  EXPECT_EQ(network.open_sequences(), 0);
}

std::vector<int> repeated(const std::vector<int>& before, const std::vector<int>& period, std::size_t times,
                          const std::vector<int>& after = {}) {
  std::vector<int> tokens = before;
  for (std::size_t i = 0; i < times; ++i) tokens.insert(tokens.end(), period.begin(), period.end());
  tokens.insert(tokens.end(), after.begin(), after.end());
  return tokens;
}

TEST(LengthWithoutLoop, IsUpToTheEndOfTheFirstTime) {
  const std::vector<int> before = {1, 2, 3};
  EXPECT_EQ(length_without_loop(repeated(before, {7}, 16)), 4U);
  EXPECT_EQ(length_without_loop(repeated(before, {7, 8}, 8)), 5U);
  EXPECT_EQ(length_without_loop(repeated(before, {7, 8, 9, 6, 5}, 4)), 8U);
  EXPECT_EQ(length_without_loop(repeated(before, {7, 8, 9, 6, 5}, 4, {7, 8})), 8U) << "in the middle of a time";
  std::vector<int> longest(24);
  for (int i = 0; i < 24; ++i) longest[static_cast<std::size_t>(i)] = 100 + i;
  EXPECT_EQ(length_without_loop(repeated(before, longest, 4)), 27U);
}

TEST(LengthWithoutLoop, WhatPeopleSayIsNone) {
  const auto expect_none = [](const std::vector<int>& tokens) {
    EXPECT_EQ(length_without_loop(tokens), tokens.size());
  };
  expect_none({});
  expect_none({7});
  expect_none(repeated({1}, {7}, 15));
  expect_none(repeated({1}, {7, 8}, 7));
  expect_none(repeated({1}, {7, 8, 9, 6, 5}, 3, {7, 8, 9, 6}));
  expect_none(repeated({1}, {7}, 40, {8}));  // it went on
}

}  // namespace
}  // namespace voxlate::translation
