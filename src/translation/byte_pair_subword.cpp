#include <utility>

#include "base/utf8.h"
#include "translation/byte_pair_encoding.h"
#include "translation/language_codes.h"
#include "translation/moses_words.h"
#include "translation/subword.h"

namespace voxlate::translation {
namespace {

class BytePairSubword final : public Subword {
 public:
  BytePairSubword(BytePairEncoding encoding, std::string source_language, std::string target_language)
      : encoding_(std::move(encoding)),
        source_language_(std::move(source_language)),
        target_language_(std::move(target_language)) {}

  std::vector<std::string> split(std::string_view sentence) const override {
    std::vector<std::string> pieces;
    for (const std::string& word : moses_words(normalise_punctuation(sentence, source_language_), source_language_)) {
      for (std::string& piece : encoding_.split(word)) pieces.push_back(std::move(piece));
    }
    return pieces;
  }

  std::string join(std::span<const std::string> pieces) const override {
    return repair_utf8(sentence_of_moses_words(BytePairEncoding::join(pieces), target_language_));
  }

 private:
  BytePairEncoding encoding_;
  std::string source_language_;
  std::string target_language_;
};

}  // namespace

std::unique_ptr<const Subword> open_byte_pairs(const std::filesystem::path& codes, const std::string& source_language,
                                               const std::string& target_language) {
  return std::make_unique<BytePairSubword>(BytePairEncoding::open(codes), base_language(source_language),
                                           base_language(target_language));
}

}  // namespace voxlate::translation
