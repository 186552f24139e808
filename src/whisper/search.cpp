#include "whisper/search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace voxlate::whisper {
namespace {

int largest_index(std::span<const float> logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

class Sampling final : public Search {
 public:
  Sampling(const Setting& setting, int root, int count, float temperature, std::uint64_t seed)
      : Search(setting), temperature_(temperature), random_(seed) {
    for (int i = 0; i < count; ++i) {
      live_.push_back({.sequence = setting.session.fork(root), .tokens = {}, .logprobs = {}, .sum = 0});
    }
  }

  void advance(std::span<const std::span<const float>> logits) override {
    std::vector<Hypothesis> going_on;
    for (std::size_t i = 0; i < live_.size(); ++i) {
      Hypothesis& hypothesis = live_[i];
      const int token = temperature_ == 0 ? largest_index(logits[i]) : sample(logits[i]);
      const float logprob = logits[i][static_cast<std::size_t>(token)] - setting_.network.log_sum_exp(logits[i]);
      hypothesis.sum += logprob;
      if (token != setting_.eot) {
        hypothesis.tokens.push_back(token);
        hypothesis.logprobs.push_back(logprob);
      }
      if (token == setting_.eot || static_cast<int>(hypothesis.tokens.size()) >= setting_.max_tokens) {
        close(hypothesis);
        ended_.push_back(std::move(hypothesis));
      } else {
        going_on.push_back(std::move(hypothesis));
      }
    }
    live_ = std::move(going_on);
  }

 private:
  /// Draws from soft-max(logits / temperature).
  int sample(std::span<const float> logits) {
    constexpr float kNegligible = 25;  // e^-25 of the best one's probability
    const float best = *std::max_element(logits.begin(), logits.end());
    const auto weight = [&](float logit) {
      const float below = (best - logit) / temperature_;
      return below > kNegligible ? 0.0 : std::exp(-double{below});
    };
    double total = 0;
    for (const float logit : logits) total += weight(logit);
    constexpr double kScale = 0x1.0p-53;
    double left = static_cast<double>(random_() >> 11U) * kScale * total;
    for (std::size_t token = 0; token < logits.size(); ++token) {
      left -= weight(logits[token]);
      if (left < 0) return static_cast<int>(token);
    }
    return largest_index(logits);
  }

  const float temperature_;
  std::mt19937_64 random_;
};

class BeamSearch final : public Search {
 public:
  BeamSearch(const Setting& setting, int root, int beam_size, float patience)
      : Search(setting),
        beam_size_(static_cast<std::size_t>(beam_size)),
        wanted_(static_cast<std::size_t>(std::max(1L, std::lround(static_cast<float>(beam_size) * patience)))) {
    live_.push_back({.sequence = setting.session.fork(root), .tokens = {}, .logprobs = {}, .sum = 0});
  }

  void advance(std::span<const std::span<const float>> logits) override {
    std::vector<Step> steps;
    for (std::size_t i = 0; i < live_.size(); ++i) add_best_steps(i, logits[i], steps);
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.sum > b.sum; });
    std::vector<Step> kept;
    for (const Step& step : steps) {
      if (kept.size() == beam_size_) break;
      if (step.token != setting_.eot) {
        kept.push_back(step);
      } else if (ended_.size() < wanted_) {
        ended_.push_back(with(live_[step.from], step));
      }
    }
    go_on(kept);
    if (ended_.size() >= wanted_) give_up_live();
    if (!live_.empty() && static_cast<int>(live_.front().tokens.size()) >= setting_.max_tokens) end_live();
  }

 private:
  struct Step {
    std::size_t from = 0;  ///< index in `live_`
    int token = 0;
    float logprob = 0;
    double sum = 0;
  };

  /// The `beam_size + 1` best tokens of one hypothesis: one more than a beam, since one may be the end.
  void add_best_steps(std::size_t from, std::span<const float> logits, std::vector<Step>& steps) const {
    const float total = setting_.network.log_sum_exp(logits);
    std::vector<std::pair<float, int>> best;  // descending
    float least = -std::numeric_limits<float>::infinity();
    for (std::size_t token = 0; token < logits.size(); ++token) {
      if (!(logits[token] > least)) continue;
      const std::pair<float, int> entry{logits[token], static_cast<int>(token)};
      best.insert(std::upper_bound(best.begin(), best.end(), entry,
                                   [](const auto& a, const auto& b) { return a.first > b.first; }),
                  entry);
      if (best.size() > beam_size_ + 1) best.pop_back();
      if (best.size() == beam_size_ + 1) least = best.back().first;
    }
    for (const auto& [logit, token] : best) {
      const float logprob = logit - total;
      steps.push_back({.from = from, .token = token, .logprob = logprob, .sum = live_[from].sum + logprob});
    }
  }

  /// `hypothesis` and one step more, without a sequence.
  Hypothesis with(const Hypothesis& hypothesis, const Step& step) const {
    Hypothesis longer{.sequence = -1, .tokens = hypothesis.tokens, .logprobs = hypothesis.logprobs, .sum = step.sum};
    if (step.token != setting_.eot) {
      longer.tokens.push_back(step.token);
      longer.logprobs.push_back(step.logprob);
    }
    return longer;
  }

  /// The first continuation of a hypothesis takes over its sequence, further ones get a copy.
  void go_on(const std::vector<Step>& kept) {
    std::vector<Hypothesis> next;
    std::vector<int> users(live_.size());
    for (const Step& step : kept) ++users[step.from];
    for (const Step& step : kept) {
      Hypothesis& from = live_[step.from];
      next.push_back(with(from, step));
      if (--users[step.from] == 0) {
        next.back().sequence = std::exchange(from.sequence, -1);
      } else {
        next.back().sequence = setting_.session.fork(from.sequence);
      }
    }
    give_up_live();
    live_ = std::move(next);
  }

  void give_up_live() {
    for (Hypothesis& hypothesis : live_) close(hypothesis);
    live_.clear();
  }

  void end_live() {
    for (Hypothesis& hypothesis : live_) {
      close(hypothesis);
      ended_.push_back(std::move(hypothesis));
    }
    live_.clear();
  }

  const std::size_t beam_size_;
  const std::size_t wanted_;
};

}  // namespace

Search::~Search() {
  for (Hypothesis& hypothesis : live_) close(hypothesis);
}

void Search::close(Hypothesis& hypothesis) {
  if (hypothesis.sequence >= 0) setting_.session.close(hypothesis.sequence);
  hypothesis.sequence = -1;
}

Hypothesis Search::best(const DecodingOptions& options) const {
  const auto score = [&](const Hypothesis& hypothesis) {
    const auto length = static_cast<double>(std::max<std::size_t>(hypothesis.tokens.size(), 1));
    return hypothesis.sum / (options.length_penalty ? std::pow((5 + length) / 6, *options.length_penalty) : length);
  };
  return *std::max_element(ended_.begin(), ended_.end(),
                           [&](const Hypothesis& a, const Hypothesis& b) { return score(a) < score(b); });
}

std::unique_ptr<Search> make_sampling(const Search::Setting& setting, int root, int count, float temperature,
                                      std::uint64_t seed) {
  return std::make_unique<Sampling>(setting, root, count, temperature, seed);
}

std::unique_ptr<Search> make_beam_search(const Search::Setting& setting, int root, int beam_size, float patience) {
  return std::make_unique<BeamSearch>(setting, root, beam_size, patience);
}

}  // namespace voxlate::whisper
