#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// Cuts sentences into the pieces that a network has tokens for. Immutable, thread-safe.
class Subword {
 public:
  virtual ~Subword() = default;

  virtual std::vector<std::string> split(std::string_view sentence) const = 0;

  /// The text of pieces, of which some may be what `split` never gives ("<0xE3>", a byte).
  virtual std::string join(std::span<const std::string> pieces) const = 0;
};

/// A model of SentencePiece. Throws `kCorrupt`, `kTooLarge`.
std::unique_ptr<const Subword> open_sentence_piece(const std::filesystem::path& file);

/// A list of merges for words as Moses cuts them, which Argos packages have as `bpe.model`. Sentences to split are in
/// `source_language`, joined ones in `target_language` (tags; region and script do not count). Throws `kNotFound`,
/// `kCorrupt`, `kTooLarge`, `kUnsupported`.
std::unique_ptr<const Subword> open_byte_pairs(const std::filesystem::path& codes, const std::string& source_language,
                                               const std::string& target_language);

}  // namespace voxlate::translation
