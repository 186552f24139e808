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

}  // namespace voxlate::translation
