#include "whisper/timestamp_rules.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>

namespace voxlate::whisper {
namespace {

constexpr float kMasked = -std::numeric_limits<float>::infinity();

/// Masks `[begin, end)`, as far as it exists.
void mask(std::span<float> logits, int begin, int end) {
  const auto from = static_cast<std::size_t>(begin);
  const auto to = std::min(static_cast<std::size_t>(end), logits.size());
  if (from < to) std::fill(logits.begin() + begin, logits.begin() + static_cast<std::ptrdiff_t>(to), kMasked);
}

/// Many maxima side by side, which the compiler turns into vector instructions; it may not reorder a single one.
float max_of(std::span<const float> logits) {
  std::array<float, 32> lanes{};
  lanes.fill(kMasked);
  const std::size_t whole = logits.size() - logits.size() % lanes.size();
  for (std::size_t i = 0; i < whole; i += lanes.size()) {
    const float* block = logits.data() + i;
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
      const float logit = block[lane];
      lanes[lane] = logit > lanes[lane] ? logit : lanes[lane];
    }
  }
  float max = *std::max_element(lanes.begin(), lanes.end());
  for (const float logit : logits.subspan(whole)) max = std::max(max, logit);
  return max;
}

/// Whether log(sum(exp(logits))) > limit, without a single exp() in the usual case.
bool sum_exceeds(std::span<const float> logits, float limit) {
  const float max = max_of(logits);
  if (max == kMasked) return false;
  if (max > limit) return true;
  if (max + std::log(static_cast<float>(logits.size())) < limit) return false;
  float sum = 0;
  for (const float logit : logits) sum += std::exp(logit - max);
  return max + std::log(sum) > limit;
}

void mask_for_pairs_and_order(std::span<float> logits, std::span<const int> sampled, const TimestampRules& rules) {
  const auto is_timestamp = [&](int token) { return token >= rules.timestamp_begin; };
  const bool last = is_timestamp(sampled.back());
  const bool last_but_one = sampled.size() < 2 || is_timestamp(sampled[sampled.size() - 2]);
  if (last && last_but_one) {  // a pair is whole, or the first timestamp is there: text or the end
    mask(logits, rules.timestamp_begin, static_cast<int>(logits.size()));
  } else if (last) {  // the second of the pair, or the end
    mask(logits, 0, rules.eot);
  }
  const auto newest = std::find_if(sampled.rbegin(), sampled.rend(), is_timestamp);
  if (newest == sampled.rend()) return;
  const bool may_repeat = last && !last_but_one;  // the next segment begins where this one ends
  mask(logits, rules.timestamp_begin, may_repeat ? *newest : *newest + 1);
}

}  // namespace

void apply_timestamp_rules(std::span<float> logits, std::span<const int> sampled, const TimestampRules& rules) {
  assert(static_cast<std::size_t>(rules.timestamp_begin) < logits.size());
  mask(logits, rules.no_timestamps, rules.no_timestamps + 1);
  if (sampled.empty()) {
    mask(logits, 0, rules.timestamp_begin);
    if (rules.max_initial_timestamp)
      mask(logits, rules.timestamp_begin + *rules.max_initial_timestamp + 1, static_cast<int>(logits.size()));
    return;
  }
  mask_for_pairs_and_order(logits, sampled, rules);
  const auto n_text = static_cast<std::size_t>(rules.timestamp_begin);
  if (sum_exceeds(logits.subspan(n_text), max_of(logits.first(n_text)))) mask(logits, 0, rules.timestamp_begin);
}

void suppress_tokens(std::span<float> logits, std::span<const int> tokens) {
  for (const int token : tokens) {
    assert(token >= 0 && static_cast<std::size_t>(token) < logits.size());
    logits[static_cast<std::size_t>(token)] = kMasked;
  }
}

void suppress_blank(std::span<float> logits, std::span<const int> sampled, std::span<const int> tokens) {
  if (sampled.empty()) suppress_tokens(logits, tokens);
}

}  // namespace voxlate::whisper
