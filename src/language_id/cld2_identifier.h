#pragma once

#include "voxlate/language_identifier.h"

namespace voxlate::language_id {

/// The Compact Language Detector 2, whose tables are in its library. Holds nothing; thread-safe.
class Cld2Identifier final : public LanguageIdentifier {
 public:
  std::vector<LanguageGuess> identify(std::string_view text) const override;
};

}  // namespace voxlate::language_id
