#include "nn/best_tokens.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace voxlate::nn {
namespace {

std::vector<Candidate> best_of_row(const Kernels& kernels, std::span<const float> logits, std::size_t count) {
  const float total = kernels.log_sum_exp(logits.data(), static_cast<int>(logits.size()));
  std::vector<Candidate> best;
  if (!std::isfinite(total)) return best;
  best.reserve(count + 1);
  float least = -std::numeric_limits<float>::infinity();
  for (std::size_t token = 0; token < logits.size(); ++token) {
    if (!(logits[token] > least)) continue;
    const Candidate candidate{.token = static_cast<int>(token), .log_probability = logits[token]};
    const auto place =
        std::upper_bound(best.begin(), best.end(), candidate,
                         [](const Candidate& a, const Candidate& b) { return a.log_probability > b.log_probability; });
    best.insert(place, candidate);
    if (best.size() > count) best.pop_back();
    if (best.size() == count) least = best.back().log_probability;
  }
  for (Candidate& candidate : best) candidate.log_probability -= total;
  return best;
}

}  // namespace

std::vector<std::vector<Candidate>> best_tokens(Compute& compute, std::span<const float> logits, std::size_t rows,
                                                std::size_t count) {
  std::vector<std::vector<Candidate>> best(rows);
  if (count == 0 || rows == 0) return best;
  const std::size_t vocabulary = logits.size() / rows;
  compute.pool().run(static_cast<int>(rows), [&](int row, int /*thread*/) {
    const auto index = static_cast<std::size_t>(row);
    best[index] = best_of_row(compute.kernels(), logits.subspan(index * vocabulary, vocabulary), count);
  });
  return best;
}

}  // namespace voxlate::nn
