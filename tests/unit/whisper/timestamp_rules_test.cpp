#include "whisper/timestamp_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace voxlate::whisper {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

// Ten ordinary tokens, eot, two special ones, notimestamps and 101 timestamps.
constexpr int kEot = 10;
constexpr int kNoTimestamps = 13;
constexpr int kBegin = 14;
constexpr int kVocabulary = kBegin + 101;
constexpr TimestampRules kRules{.eot = kEot, .no_timestamps = kNoTimestamps, .timestamp_begin = kBegin};

/// Where text is much more probable than any timestamp.
std::vector<float> text_logits() {
  std::vector<float> logits(kVocabulary, 0.0F);
  std::fill(logits.begin(), logits.begin() + kBegin, 50.0F);
  return logits;
}

std::vector<int> allowed(const std::vector<int>& sampled, const TimestampRules& rules = kRules,
                         std::vector<float> logits = text_logits()) {
  apply_timestamp_rules(logits, sampled, rules);
  std::vector<int> tokens;
  for (int token = 0; token < kVocabulary; ++token) {
    if (logits[static_cast<std::size_t>(token)] != kMasked) tokens.push_back(token);
  }
  return tokens;
}

std::vector<int> range(int begin, int end) {
  std::vector<int> tokens;
  for (int token = begin; token < end; ++token) tokens.push_back(token);
  return tokens;
}

std::vector<int> operator+(std::vector<int> left, const std::vector<int>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST(TimestampRules, BeginWithATimestampWithinTheFirstSecond) { EXPECT_EQ(allowed({}), range(kBegin, kBegin + 51)); }

TEST(TimestampRules, BeginWithAnyTimestampWithoutALimit) {
  TimestampRules rules = kRules;
  rules.max_initial_timestamp = std::nullopt;
  EXPECT_EQ(allowed({}, rules), range(kBegin, kVocabulary));
  rules.max_initial_timestamp = 5000;
  EXPECT_EQ(allowed({}, rules), range(kBegin, kVocabulary));
}

TEST(TimestampRules, AskForTextAfterTheFirstTimestamp) { EXPECT_EQ(allowed({kBegin + 3}), range(0, kNoTimestamps)); }

TEST(TimestampRules, AllowTextAndALaterTimestampAfterText) {
  EXPECT_EQ(allowed({kBegin + 3, 1, 2}), range(0, kNoTimestamps) + range(kBegin + 4, kVocabulary));
}

TEST(TimestampRules, AskForTheSecondOfAPairOrTheEnd) {
  EXPECT_EQ(allowed({kBegin + 3, 1, kBegin + 9}), range(kEot, kNoTimestamps) + range(kBegin + 9, kVocabulary));
}

TEST(TimestampRules, AskForTextAfterAPair) {
  EXPECT_EQ(allowed({kBegin + 3, 1, kBegin + 9, kBegin + 9}), range(0, kNoTimestamps));
}

TEST(TimestampRules, NeverGoBackInTime) {
  EXPECT_EQ(allowed({kBegin, 1, kBegin + 9, kBegin + 20, 2}),
            range(0, kNoTimestamps) + range(kBegin + 21, kVocabulary));
  EXPECT_EQ(allowed({kBegin, 1, kVocabulary - 1, kVocabulary - 1, 2}), range(0, kNoTimestamps));
}

TEST(TimestampRules, AllowAllWhereNoTimestampWasSampled) {
  EXPECT_EQ(allowed({1, 2}), range(0, kNoTimestamps) + range(kBegin, kVocabulary));
}

TEST(TimestampRules, TakeATimestampWhenAllTogetherBeatTheBestText) {
  std::vector<float> logits(kVocabulary, -100.0F);
  logits[4] = 1.0F;
  std::fill(logits.begin() + kBegin, logits.end(), 1.0F - std::log(90.0F));  // 97 allowed ones: together above 1
  EXPECT_EQ(allowed({kBegin + 3, 4}, kRules, logits), range(kBegin + 4, kVocabulary));
  std::fill(logits.begin() + kBegin, logits.end(), 1.0F - std::log(98.0F));  // together below 1
  EXPECT_EQ(allowed({kBegin + 3, 4}, kRules, logits), range(0, kNoTimestamps) + range(kBegin + 4, kVocabulary));
  logits[static_cast<std::size_t>(kBegin) + 50] = 1.5F;  // one alone is enough
  EXPECT_EQ(allowed({kBegin + 3, 4}, kRules, logits), range(kBegin + 4, kVocabulary));
}

TEST(TimestampRules, DoNotTakeAMaskedTimestamp) {
  std::vector<float> logits = text_logits();
  logits[static_cast<std::size_t>(kBegin) + 1] = 1000.0F;
  EXPECT_EQ(allowed({kBegin + 3, 1}, kRules, logits), range(0, kNoTimestamps) + range(kBegin + 4, kVocabulary));
}

TEST(TimestampRules, LeaveTheUnmaskedLogitsAsTheyAre) {
  std::vector<float> logits(kVocabulary);
  for (std::size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(i) * 0.25F;
  const std::vector<float> before = logits;
  apply_timestamp_rules(logits, std::vector<int>{kBegin + 3, 1}, kRules);
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] == kMasked) continue;
    EXPECT_EQ(logits[i], before[i]);
  }
}

TEST(TimestampRules, StandLogitsThatAreAllMasked) {
  EXPECT_TRUE(allowed({kBegin + 3, 1}, kRules, std::vector<float>(kVocabulary, kMasked)).empty());
}

/// The source's way: everything in place, then log-softmax over the whole vocabulary, in double.
std::vector<bool> masked_plainly(std::vector<double> logits, const std::vector<int>& sampled) {
  const auto mask = [&](int begin, int end) {
    for (int i = begin; i < end; ++i) logits[static_cast<std::size_t>(i)] = -INFINITY;
  };
  mask(kNoTimestamps, kNoTimestamps + 1);
  const std::size_t n = sampled.size();
  const bool last = n >= 1 && sampled[n - 1] >= kBegin;
  const bool penultimate = n < 2 || sampled[n - 2] >= kBegin;
  if (last && penultimate) mask(kBegin, kVocabulary);
  if (last && !penultimate) mask(0, kEot);
  std::vector<int> timestamps;
  for (const int token : sampled) {
    if (token >= kBegin) timestamps.push_back(token);
  }
  if (!timestamps.empty()) mask(kBegin, last && !penultimate ? timestamps.back() : timestamps.back() + 1);
  if (n == 0) {
    mask(0, kBegin);
    mask(kBegin + 51, kVocabulary);
  }
  double all = 0;
  for (const double logit : logits) all += std::exp(logit);
  double timestamps_probability = 0;
  double best_text = 0;
  for (int i = 0; i < kVocabulary; ++i) {
    const double probability = std::exp(logits[static_cast<std::size_t>(i)]) / all;
    if (i >= kBegin) timestamps_probability += probability;
    if (i < kBegin) best_text = std::max(best_text, probability);
  }
  if (timestamps_probability > best_text) mask(0, kBegin);
  std::vector<bool> masked;
  for (const double logit : logits) masked.push_back(logit == -INFINITY);
  return masked;
}

TEST(TimestampRules, AgreeWithTheSourceOnRandomSequences) {
  std::mt19937 random(8);
  std::normal_distribution<float> noise(0.0F, 2.0F);
  std::uniform_real_distribution<float> bias(0.0F, 10.0F);
  std::uniform_int_distribution<int> length(0, 6);
  std::uniform_int_distribution<int> token(0, kVocabulary - 1);
  std::bernoulli_distribution is_text(0.5);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<float> logits(kVocabulary);
    const float text_bias = bias(random);
    for (int i = 0; i < kVocabulary; ++i)
      logits[static_cast<std::size_t>(i)] = noise(random) + (i < kBegin ? text_bias : 0.0F);
    std::vector<int> sampled;
    for (int i = length(random); i > 0; --i) sampled.push_back(is_text(random) ? token(random) % kEot : token(random));

    const auto expected = masked_plainly({logits.begin(), logits.end()}, sampled);
    apply_timestamp_rules(logits, sampled, kRules);
    std::vector<bool> masked;
    for (const float logit : logits) masked.push_back(logit == kMasked);
    ASSERT_EQ(masked, expected) << "round " << round;
  }
}

TEST(SuppressTokens, MasksThem) {
  std::vector<float> logits(4, 1.0F);
  suppress_tokens(logits, std::vector<int>{1, 3});
  EXPECT_EQ(logits, (std::vector<float>{1.0F, kMasked, 1.0F, kMasked}));
}

TEST(SuppressBlank, MasksAtTheStartOnly) {
  std::vector<float> logits(4, 1.0F);
  suppress_blank(logits, std::vector<int>{2}, std::vector<int>{0});
  EXPECT_EQ(logits, std::vector<float>(4, 1.0F));
  suppress_blank(logits, {}, std::vector<int>{0});
  EXPECT_EQ(logits, (std::vector<float>{kMasked, 1.0F, 1.0F, 1.0F}));
}

}  // namespace
}  // namespace voxlate::whisper
