#pragma once

#include <cstddef>
#include <future>
#include <stop_token>
#include <vector>

#include "nn/batcher.h"
#include "translation/net/network.h"
#include "translation/sentence_search.h"
#include "voxlate/job.h"

namespace voxlate::translation {

/// Translates the sentences of all jobs that use a network together, as `nn::Batcher` says; nothing is padded, so
/// sentences of all lengths go well together. Thread-safe.
class SentenceBatcher {
 public:
  struct Options {
    std::size_t max_sentences = 32;  ///< decoded at once; each holds the keys and values of its beam in memory
  };

  struct Request {
    std::vector<int> tokens;  ///< of the source, at least one, within the network's context
    std::vector<int> prompt;  ///< what the translation begins with, at least one token
    int end = 0;
    int never = -1;    ///< as in `SentenceSearch::Setting`
    int unknown = -1;  ///< the target's token for what it has no word for; -1: none
    SearchOptions search;
    const void* job = nullptr;
    Priority priority = Priority::kNormal;
  };

  struct Translation {
    Hypothesis hypothesis;
    /// For each token the position of the source that it was made of, where the token is `unknown`; else -1.
    std::vector<int> unknown_sources;
  };
  using Result = std::vector<Translation>;  ///< the best first

  /// The network outlives the batcher.
  SentenceBatcher(const Network& network, const Options& options);

  /// The future throws `kCancelled` soon after `stop` is requested, or when the batcher ends.
  std::future<Result> submit(Request request, std::stop_token stop);

 private:
  const Network& network_;
  nn::Batcher batcher_;
};

}  // namespace voxlate::translation
