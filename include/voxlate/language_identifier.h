#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace voxlate {

/// What language a text may be in.
struct LanguageGuess {
  std::string language;   ///< BCP 47: "en", "zh-Hant"
  double confidence = 0;  ///< in [0, 1]: the share of such guesses that is right

  bool operator==(const LanguageGuess&) const = default;
};

/// Tells the language of written text. Thread-safe.
class LanguageIdentifier {
 public:
  virtual ~LanguageIdentifier() = default;

  /// The most probable language first; empty for a text without letters. Of a long text the front is looked at.
  virtual std::vector<LanguageGuess> identify(std::string_view text) const = 0;
};

}  // namespace voxlate
