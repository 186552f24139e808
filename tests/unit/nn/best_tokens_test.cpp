#include "nn/best_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/unit/nn/random_matrix.h"

namespace voxlate::nn {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<int> tokens_of(const std::vector<Candidate>& candidates) {
  std::vector<int> tokens;
  for (const Candidate& candidate : candidates) tokens.push_back(candidate.token);
  return tokens;
}

TEST(BestTokens, AreThoseOfSortingEverything) {
  Compute compute(2);
  for (const std::size_t vocabulary : {1U, 7U, 100U, 1003U}) {
    constexpr std::size_t kRows = 5;
    std::vector<float> logits = random_floats(kRows * vocabulary, 1, 3);
    for (std::size_t i = 0; i < logits.size(); i += 3) logits[i] = std::round(logits[i]);  // some are equal
    for (const std::size_t count : {1U, 2U, 8U, 500U, 2000U}) {
      const auto best = best_tokens(compute, logits, kRows, count);
      ASSERT_EQ(best.size(), kRows);
      for (std::size_t row = 0; row < kRows; ++row) {
        const float* const of_row = logits.data() + row * vocabulary;
        std::vector<int> order(vocabulary);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return of_row[a] > of_row[b]; });
        order.resize(std::min(vocabulary, count));
        EXPECT_EQ(tokens_of(best[row]), order) << vocabulary << " tokens, " << count << " wanted";
        double total = 0;
        for (std::size_t i = 0; i < vocabulary; ++i) total += std::exp(double{of_row[i]});
        for (const Candidate& candidate : best[row])
          EXPECT_NEAR(candidate.log_probability, double{of_row[candidate.token]} - std::log(total), 1e-5);
      }
    }
  }
}

TEST(BestTokens, OfARowDoNotDependOnTheOthers) {
  Compute compute(2);
  const std::vector<float> logits = random_floats(std::size_t{4} * 50, 3);
  const auto together = best_tokens(compute, logits, 4, 6);
  for (std::size_t row = 0; row < 4; ++row)
    EXPECT_EQ(best_tokens(compute, std::span(logits).subspan(row * 50, 50), 1, 6)[0], together[row]);
}

TEST(BestTokens, AreNoneThatCannotBe) {
  Compute compute(1);
  EXPECT_EQ(tokens_of(best_tokens(compute, std::vector<float>{-kInfinity, 1, -kInfinity, 2}, 1, 4)[0]),
            (std::vector<int>{3, 1}));
  EXPECT_THAT(best_tokens(compute, std::vector<float>(4, -kInfinity), 1, 4)[0], IsEmpty());
  EXPECT_THAT(best_tokens(compute, std::vector<float>{1, 2}, 1, 0)[0], IsEmpty());
  EXPECT_THAT(best_tokens(compute, {}, 0, 4), IsEmpty());
}

TEST(BestTokens, OfARowThatIsNoNumbersAreNone) {
  Compute compute(1);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity}) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::vector<float> logits = random_floats(80, 5);
      logits[place] = bad;
      const auto best = best_tokens(compute, logits, 2, 3);
      EXPECT_THAT(best[0], IsEmpty()) << bad << " at " << place;
      EXPECT_THAT(best[1], SizeIs(3));
    }
  }
}

}  // namespace
}  // namespace voxlate::nn
