#pragma once

#include <memory>
#include <random>
#include <span>
#include <vector>

#include "whisper/decoding_options.h"
#include "whisper/net/network.h"

namespace voxlate::whisper {

/// One way to go on from the prompt.
struct Hypothesis {
  int sequence = -1;            ///< of the session; -1 once closed
  std::vector<int> tokens;      ///< sampled so far, without the prompt and the end
  std::vector<float> logprobs;  ///< of each token
  double sum = 0;               ///< of the log-probabilities, that of the end included
};

/// What comes next: grows hypotheses token by token until enough of them have ended. Owns their sequences.
///
/// `advance` wants a row of logits for each of `live()`, in its order, masked by the rules of the vocabulary.
class Search {
 public:
  struct Setting {
    const Network& network;
    DecoderSession& session;
    int eot;
    int max_tokens;  ///< of a hypothesis
  };

  explicit Search(const Setting& setting) : setting_(setting) {}
  virtual ~Search();
  Search(const Search&) = delete;
  Search& operator=(const Search&) = delete;

  std::span<const Hypothesis> live() const { return live_; }

  virtual void advance(std::span<const std::span<const float>> logits) = 0;

  bool finished() const { return live_.empty(); }

  /// The hypothesis with the best mean log-probability (or by the length penalty). Only when finished.
  Hypothesis best(const DecodingOptions& options) const;

 protected:
  void close(Hypothesis& hypothesis);

  const Setting setting_;
  std::vector<Hypothesis> live_;
  std::vector<Hypothesis> ended_;
};

/// The most probable token each time, or `count` samples at a temperature above 0. All begin as copies of `root`.
std::unique_ptr<Search> make_sampling(const Search::Setting& setting, int root, int count, float temperature,
                                      std::uint64_t seed);

/// Beam search as OpenAI's `BeamSearchDecoder`: each hypothesis offers its `beam_size + 1` best continuations, the
/// best of all go on, and those that end above them are results.
std::unique_ptr<Search> make_beam_search(const Search::Setting& setting, int root, int beam_size, float patience);

}  // namespace voxlate::whisper
