#pragma once

#include <filesystem>

#include "language_id/fasttext_model.h"
#include "voxlate/language_identifier.h"

namespace voxlate::language_id {

/// fastText's model for 176 languages (`lid.176.ftz`, CC BY-SA 3.0), where it lies in a folder for models. Thread-safe.
class FastTextIdentifier final : public LanguageIdentifier {
 public:
  /// Throws `kCorrupt` and `kUnsupported` as the model does, `kNotFound`, `kTooLarge` (above 256 MiB).
  explicit FastTextIdentifier(const std::filesystem::path& file);

  std::vector<LanguageGuess> identify(std::string_view text) const override;

 private:
  const FastTextModel model_;
};

}  // namespace voxlate::language_id
