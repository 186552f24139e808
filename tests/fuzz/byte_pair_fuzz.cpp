#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "translation/byte_pair_encoding.h"
#include "translation/moses_words.h"
#include "voxlate/error.h"

namespace {

using voxlate::translation::BytePairEncoding;

std::optional<BytePairEncoding> parsed(std::string_view codes) {
  try {
    return BytePairEncoding::parse(codes, "fuzz");
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt && error.code() != voxlate::ErrorCode::kUnsupported) std::abort();
    return std::nullopt;
  }
}

/// The pieces of a word are its bytes, in order. A piece may end with "@@" by itself, which joining takes for its own.
void check_pieces(const BytePairEncoding& encoding, const std::string& word) {
  std::string joined;
  const std::vector<std::string> pieces = encoding.split(word);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_last = i + 1 == pieces.size();
    if (!is_last && !pieces[i].ends_with("@@")) std::abort();
    joined += is_last ? pieces[i] : pieces[i].substr(0, pieces[i].size() - 2);
  }
  if (joined != word) std::abort();
}

}  // namespace

// A language, a list of merges, an empty line, a sentence: the list is read or refused, and the sentence goes through
// with no word lost and nothing but UTF-8 coming out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace voxlate::translation;
  constexpr std::array<std::string_view, 9> kLanguages = {"en", "fr", "de", "es", "ru", "zh", "ja", "ko", "cs"};
  if (size == 0) return 0;
  const std::string_view language = kLanguages[data[0] % kLanguages.size()];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t behind_codes = std::min(text.find("\n\n"), text.size());
  const std::optional<BytePairEncoding> encoding = parsed(text.substr(0, behind_codes));
  const std::string_view sentence = text.substr(std::min(behind_codes + 2, text.size()));
  const std::string normal = normalise_punctuation(sentence, language);
  if (!voxlate::is_utf8(normal)) std::abort();
  const std::vector<std::string> words = moses_words(normal, language);
  for (const std::string& word : words) {
    if (word.empty() || !voxlate::is_utf8(word) || word.find(' ') != std::string::npos) std::abort();
    if (encoding) check_pieces(*encoding, word);
  }
  if (!voxlate::is_utf8(sentence_of_moses_words(words, language))) std::abort();
  return 0;
}
