#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace voxlate::whisper {

enum class Task { kTranscribe, kTranslate };

/// How windows are decoded. The defaults are those of OpenAI's command line.
struct DecodingOptions {
  Task task = Task::kTranscribe;
  int language = 0;  ///< place in `languages()`; models that know one language only do not look at it

  /// Tried in this order until a result is good enough: 0 is beam search, or greedy with `beam_size` 1; above it,
  /// the best of `best_of` samples.
  std::vector<float> temperatures{0, 0.2F, 0.4F, 0.6F, 0.8F, 1};
  int beam_size = 5;
  int best_of = 5;
  float patience = 1;                   ///< beam search goes on until it has `beam_size * patience` results
  std::optional<float> length_penalty;  ///< alpha of Wu et al. 2016; none: the mean over the tokens

  double max_compression_ratio = 2.4;  ///< a text that repeats itself more is a failure
  double min_average_logprob = -1;     ///< a less probable text is a failure
  double max_no_speech = 0.6;          ///< above it, an improbable text is silence

  bool whole_windows = false;  ///< short ones are encoded with all the silence behind them
  bool timestamps = true;
  bool suppress_non_speech = true;  ///< brackets, music notes and the like are never sampled
  std::uint64_t seed = 0;           ///< of sampling: the same seed, the same text
};

}  // namespace voxlate::whisper
