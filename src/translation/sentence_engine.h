#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "translation/place_holders.h"

namespace voxlate::translation {

/// One direction that an engine translates.
struct EnginePair {
  std::string source;  ///< BCP 47
  std::string target;  ///< BCP 47
  std::string name;    ///< for people: "apertium eng-spa"

  bool operator==(const EnginePair&) const = default;
};

/// One way to say a sentence.
struct Version {
  std::string text;
  double score = 0;     ///< mean log-probability of a token; 0 where the engine tells none
  bool is_cut = false;  ///< the engine did not come to an end by itself: it looped, or went on and on

  bool operator==(const Version&) const = default;
};

struct Translation {
  std::vector<Version> versions;  ///< the best first, at least one

  bool operator==(const Translation&) const = default;
};

/// Translates single sentences; knows nothing of times. Thread-safe.
class SentenceEngine {
 public:
  virtual ~SentenceEngine() = default;

  /// The directions it can do, as far as it knows. Cheap; changes in `refresh` only.
  virtual std::vector<EnginePair> pairs() const = 0;

  /// Asks those who know what it can do, where they are somewhere else and it is time to ask again; blocks meanwhile.
  /// Throws `kUnavailable`, `kTimeout` and `kCancelled`; what it knows then stays.
  virtual void refresh(const std::stop_token& /*stop*/) {}

  /// An honest word about its quality for the reader of a result; may be empty.
  virtual std::string notice() const = 0;

  /// One translation a sentence, in order. `source` and `target` are those of one of `pairs()`.
  /// Throws `kUnsupported` for another pair, `kUnavailable`, `kTimeout`, and `kCancelled` soon after `stop`.
  virtual std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                             const std::string& target, std::stop_token stop) = 0;

  /// The same with all versions that the engine has of each sentence. `pair` is one of `pairs()`.
  virtual std::vector<Translation> translate_versions(std::span<const std::string> sentences, const EnginePair& pair,
                                                      std::stop_token stop);

  /// What a job may ask for: "neural", "apertium", "libretranslate", "chat".
  virtual std::string kind() const = 0;

  /// How it wants what must not be translated.
  virtual PlaceHolders place_holders() const = 0;

  /// Sentences that it likes to have in one call.
  virtual std::size_t batch_size() const;
};

}  // namespace voxlate::translation
