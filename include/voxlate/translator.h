#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/progress.h"
#include "voxlate/transcript.h"

namespace voxlate {

/// A translation that can be had now.
struct TranslationRoute {
  std::string source;                ///< BCP 47
  std::string target;                ///< BCP 47
  std::string engine;                ///< "apertium eng-spa", its kind and its name; several steps joined by ", "
  std::vector<std::string> through;  ///< pivot languages, empty for a direct pair

  bool operator==(const TranslationRoute&) const = default;
};

struct TranslateOptions {
  std::string engine;                    ///< "neural", "apertium", …: only routes over these; empty: the best one
  std::string glossary;                  ///< a line a term: "term=translation", or "term", which stays as it is
  double max_characters_per_second = 0;  ///< that a reader should not need more than; 0: not looked at
};

/// Timed text in one language to timed text in another. Thread-safe.
class Translator {
 public:
  virtual ~Translator() = default;

  /// Everything installed, direct pairs first, then pivoted ones; ordered by source and target.
  virtual std::vector<TranslationRoute> routes() const = 0;

  /// The best route, or nothing when the pair cannot be had. Region subtags are ignored ("en-US" is "en").
  virtual std::optional<TranslationRoute> route(std::string_view source, std::string_view target) const = 0;

  /// Translates whole sentences, also where they run over several segments, and lays the text back over
  /// the times of `transcript`. The result has no word times. Throws `kUnsupported` (no route),
  /// `kUnavailable` (an engine failed), `kTimeout` (one hangs), `kCancelled`, `kInvalidInput` (the glossary).
  virtual Transcript translate(const Transcript& transcript, std::string_view target, const TranslateOptions& options,
                               Progress& progress, std::stop_token stop) = 0;
};

}  // namespace voxlate
