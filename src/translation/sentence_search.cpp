#include "translation/sentence_search.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::translation {

SentenceSearch::SentenceSearch(Setting setting, std::shared_ptr<const nn::EncodedSource> source)
    : setting_(std::move(setting)) {
  assert(!setting_.prompt.empty() && setting_.options.beam_size > 0);
  live_.push_back({.sequence = setting_.session.open(std::move(source)), .tokens = {}, .sum = 0});
}

SentenceSearch::~SentenceSearch() { finish(); }

void SentenceSearch::request(std::vector<nn::DecoderSession::Input>& inputs) const {
  for (const Live& live : live_) {
    const std::span<const int> tokens =
        live.tokens.empty() ? std::span<const int>(setting_.prompt) : std::span<const int>(&live.tokens.back(), 1);
    inputs.push_back({.sequence = live.sequence, .tokens = tokens});
  }
}

void SentenceSearch::mask(std::span<float> logits, std::size_t vocabulary) const {
  const bool may_end = finished_ || static_cast<int>(live_.front().tokens.size()) >= setting_.options.min_tokens;
  const auto forbid = [&](int token) {
    for (std::size_t row = 0; row < live_.size(); ++row)
      logits[row * vocabulary + static_cast<std::size_t>(token)] = -std::numeric_limits<float>::infinity();
  };
  if (!may_end) forbid(setting_.end);
  if (setting_.never >= 0) forbid(setting_.never);
}

std::vector<SentenceSearch::Step> SentenceSearch::best_steps(std::span<const std::vector<nn::Candidate>> best) const {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < live_.size(); ++i) {
    for (const nn::Candidate& candidate : best[i]) {
      steps.push_back({.from = i, .token = candidate.token, .sum = live_[i].sum + candidate.log_probability});
    }
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.sum > b.sum; });
  if (steps.size() > candidates()) steps.resize(candidates());
  return steps;
}

void SentenceSearch::advance(std::span<const std::vector<nn::Candidate>> best) {
  assert(!finished_ && best.size() == live_.size());
  const std::vector<Step> steps = best_steps(best);
  const bool is_last = static_cast<int>(live_.front().tokens.size()) + 1 >= setting_.options.max_tokens;
  const auto is_end = [&](const Step& step) { return step.token == setting_.end; };
  const std::size_t first = std::min(beam_size(), steps.size());
  std::size_t spare = first;
  std::vector<Step> kept;
  for (std::size_t i = 0; i < first; ++i) {
    if (!is_end(steps[i]) && !is_last) {
      kept.push_back(steps[i]);
      continue;
    }
    std::vector<int> tokens = live_[steps[i].from].tokens;
    if (!is_end(steps[i])) tokens.push_back(steps[i].token);
    end(std::move(tokens), steps[i].sum, is_end(steps[i]) ? Ending::kEnd : Ending::kCut);
    while (spare < steps.size() && is_end(steps[spare])) ++spare;
    if (spare < steps.size()) kept.push_back(steps[spare++]);
  }
  const auto wanted = static_cast<std::size_t>(
      std::max(1L, std::lround(static_cast<float>(setting_.options.beam_size) * setting_.options.patience)));
  if (is_last || kept.empty() || ended_.size() >= wanted) return finish();
  go_on(kept);
  const std::vector<int>& likely = live_.front().tokens;
  if (!setting_.options.cut_loops || static_cast<int>(likely.size()) <= setting_.options.loops_from) return;
  const std::size_t length = length_without_loop(likely);
  if (length < likely.size()) {
    end({likely.begin(), likely.begin() + static_cast<std::ptrdiff_t>(length)}, live_.front().sum, Ending::kLooped);
    finish();
  }
}

/// The end counts among the tokens, as in OpenNMT.
void SentenceSearch::end(std::vector<int> tokens, double sum, Ending ending) {
  const std::size_t counted = tokens.size() + (ending == Ending::kEnd ? 1 : 0);
  const double length = std::pow(static_cast<double>(counted), double{setting_.options.length_penalty});
  ended_.push_back({.tokens = std::move(tokens), .score = sum / length, .ending = ending});
}

/// The last continuation of a hypothesis takes over its sequence, those before get a copy.
void SentenceSearch::go_on(std::span<const Step> steps) {
  std::vector<std::size_t> users(live_.size());
  for (const Step& step : steps) ++users[step.from];
  std::vector<Live> next;
  for (const Step& step : steps) {
    Live& from = live_[step.from];
    const int sequence =
        --users[step.from] == 0 ? std::exchange(from.sequence, -1) : setting_.session.fork(from.sequence);
    next.push_back({.sequence = sequence, .tokens = from.tokens, .sum = step.sum});
    next.back().tokens.push_back(step.token);
  }
  for (const Live& live : live_) {
    if (live.sequence >= 0) setting_.session.close(live.sequence);
  }
  live_ = std::move(next);
}

void SentenceSearch::finish() {
  for (const Live& live : live_) setting_.session.close(live.sequence);
  live_.clear();
  finished_ = true;
}

std::vector<Hypothesis> SentenceSearch::results() const {
  if (ended_.empty())
    throw Error(ErrorCode::kCorrupt,
                "translation network: expected a token that may come next, got none: its numbers "
                "are not finite");
  std::vector<Hypothesis> results = ended_;
  std::stable_sort(results.begin(), results.end(), [](const Hypothesis& a, const Hypothesis& b) {
    const bool a_is_whole = a.ending == Ending::kEnd;
    const bool b_is_whole = b.ending == Ending::kEnd;
    return a_is_whole != b_is_whole ? a_is_whole : a.score > b.score;
  });
  const auto wanted = static_cast<std::size_t>(std::max(1, setting_.options.n_best));
  if (results.size() > wanted) results.resize(wanted);
  return results;
}

std::size_t length_without_loop(std::span<const int> tokens) {
  constexpr std::size_t kLongestPeriod = 24;
  constexpr std::size_t kTimes = 4;
  constexpr std::size_t kLeastTokens = 16;
  for (std::size_t period = 1; period <= kLongestPeriod; ++period) {
    std::size_t same = 0;  // tokens at the end that are what was there a period before
    while (same + period < tokens.size() &&
           tokens[tokens.size() - 1 - same] == tokens[tokens.size() - 1 - same - period])
      ++same;
    if (same + period >= std::max(kLeastTokens, kTimes * period)) return tokens.size() - same;
  }
  return tokens.size();
}

}  // namespace voxlate::translation
