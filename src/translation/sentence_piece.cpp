#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/utf8.h"
#include "translation/subword.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::string_view kBlank = "\u2581";  // what SentencePiece writes for a space

/// "<0xE3>", by which models spell characters that they have no piece for.
std::optional<char> byte_of(std::string_view piece) {
  constexpr std::string_view kBegin = "<0x";
  constexpr int kHexadecimal = 16;
  if (piece.size() != kBegin.size() + 3 || !piece.starts_with(kBegin) || piece.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* const end = piece.data() + piece.size() - 1;
  if (std::from_chars(piece.data() + kBegin.size(), end, value, kHexadecimal).ptr != end) return std::nullopt;
  return static_cast<char>(value);
}

class SentencePieceModel final : public Subword {
 public:
  explicit SentencePieceModel(const std::filesystem::path& file) {
    constexpr std::uint64_t kMostBytes = 32 << 20;
    const std::string model = read_file(file, kMostBytes);
    if (const auto status = processor_.LoadFromSerializedProto(model); !status.ok())
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected a model of SentencePiece: {}",
                                                   repair_utf8(file.filename().string()), status.ToString()));
  }

  std::vector<std::string> split(std::string_view sentence) const override {
    std::vector<std::string> pieces;
    if (const auto status = processor_.Encode(sentence, &pieces); !status.ok())
      throw Error(ErrorCode::kInternal, "SentencePiece: " + status.ToString());
    return pieces;
  }

  std::string join(std::span<const std::string> pieces) const override {
    std::string text;
    for (const std::string_view piece : pieces) {
      if (const std::optional<char> byte = byte_of(piece)) {
        text += *byte;
        continue;
      }
      std::size_t begin = 0;
      for (std::size_t blank = piece.find(kBlank); blank != std::string_view::npos; blank = piece.find(kBlank, begin)) {
        text.append(piece.substr(begin, blank - begin));
        if (!text.empty()) text += ' ';
        begin = blank + kBlank.size();
      }
      text.append(piece.substr(begin));
    }
    return repair_utf8(text);
  }

 private:
  sentencepiece::SentencePieceProcessor processor_;
};

}  // namespace

std::unique_ptr<const Subword> open_sentence_piece(const std::filesystem::path& file) {
  return std::make_unique<SentencePieceModel>(file);
}

}  // namespace voxlate::translation
