#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace voxlate::translation {

/// One direction that an engine translates.
struct EnginePair {
  std::string source;  ///< BCP 47
  std::string target;  ///< BCP 47
  std::string name;    ///< for people: "apertium eng-spa"

  bool operator==(const EnginePair&) const = default;
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
};

}  // namespace voxlate::translation
