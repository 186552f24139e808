#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "translation/net/network.h"

namespace voxlate::translation {

struct SearchOptions {
  int beam_size = 4;         ///< 1: greedy
  float patience = 1;        ///< the search ends with beam_size * patience hypotheses
  float length_penalty = 1;  ///< exponent of the length that divides the sum of the log-probabilities
  int n_best = 1;            ///< results, at most the beam's size
  int min_tokens = 1;        ///< of a translation, the end not counted
  int max_tokens = 256;      ///< a translation without an end is cut there
  bool cut_loops = true;     ///< a translation that says the same again and again ends,
  int loops_from = 0;        ///< once it is longer than this: what repeats itself in the source may do so here
};

enum class Ending {
  kEnd,     ///< the network said that it is over
  kCut,     ///< as long as it may be
  kLooped,  ///< it said the same again and again, of which one time is left
};

/// One translation.
struct Hypothesis {
  std::vector<int> tokens;  ///< without prompt and end
  double score = 0;         ///< mean log-probability by the length penalty
  Ending ending = Ending::kEnd;

  bool operator==(const Hypothesis&) const = default;
};

/// Beam search for the translation of one sentence, in the manner of OpenNMT: the 2 * beam_size best continuations of
/// all live hypotheses are looked at; of the first beam_size those that end are results, and others take their places.
/// Owns its sequences of the session. Not thread-safe.
class SentenceSearch {
 public:
  struct Setting {
    nn::DecoderSession& session;
    int end = 0;              ///< the token that ends a translation
    int never = -1;           ///< a token that no translation has; -1: none
    std::vector<int> prompt;  ///< at least one token: what every translation begins with
    SearchOptions options;
  };

  SentenceSearch(Setting setting, std::shared_ptr<const nn::EncodedSource> source);
  ~SentenceSearch();
  SentenceSearch(const SentenceSearch&) = delete;
  SentenceSearch& operator=(const SentenceSearch&) = delete;

  /// What the next step takes; nothing once it is finished.
  void request(std::vector<nn::DecoderSession::Input>& inputs) const;

  /// Takes from the logits of the rows that were requested, [rows, vocabulary], what may not come next.
  void mask(std::span<float> logits, std::size_t vocabulary) const;

  /// Candidates of a row that `advance` wants.
  std::size_t candidates() const { return 2 * beam_size(); }

  /// The most probable continuations of each requested row.
  void advance(std::span<const std::vector<nn::Candidate>> best);

  bool finished() const { return finished_; }

  /// The best first, `n_best` at most, at least one. Only when finished. Throws `kCorrupt` when there is none because
  /// no token could come next: the network's numbers were none.
  std::vector<Hypothesis> results() const;

 private:
  struct Live {
    int sequence = -1;
    std::vector<int> tokens;
    double sum = 0;
  };
  struct Step {
    std::size_t from = 0;  ///< index in `live_`
    int token = 0;
    double sum = 0;
  };

  std::size_t beam_size() const { return static_cast<std::size_t>(setting_.options.beam_size); }
  std::vector<Step> best_steps(std::span<const std::vector<nn::Candidate>> best) const;
  void end(std::vector<int> tokens, double sum, Ending ending);
  void go_on(std::span<const Step> steps);
  void finish();

  const Setting setting_;
  std::vector<Live> live_;
  std::vector<Hypothesis> ended_;
  bool finished_ = false;
};

/// Where a loop begins that goes on to the end of `tokens`: some tokens in a row, several times without anything
/// between, longer than any sentence says so. Returns the number of tokens up to the end of its first time, or
/// `tokens.size()` where there is no loop.
std::size_t length_without_loop(std::span<const int> tokens);

}  // namespace voxlate::translation
