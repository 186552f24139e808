#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "translation/glossary.h"
#include "translation/protected_text.h"
#include "voxlate/error.h"

namespace {

using voxlate::translation::Glossary;
using voxlate::translation::GlossaryLimits;
using voxlate::translation::PlaceHolders;
using voxlate::translation::ProtectedPiece;
using voxlate::translation::ProtectedText;
using voxlate::translation::TextRules;

/// A glossary is read, or refused with kInvalidInput; then it is empty.
template <typename Parse>
Glossary parsed(std::string_view bytes, Parse parse) {
  try {
    return parse(bytes, GlossaryLimits{});
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kInvalidInput) std::abort();
  }
  return {};
}

void check_restored(const ProtectedText& source, std::string_view translation) {
  const std::string restored = voxlate::translation::restore(source, translation);
  std::size_t least = source.before.size() + source.after.size();
  for (const ProtectedPiece& piece : source.pieces) {
    least += piece.target.size();
    if (restored.find(piece.target) == std::string::npos) std::abort();
  }
  if (restored.size() < least) std::abort();
}

}  // namespace

// Any bytes as a sentence come back whole when nothing is translated, and nothing is lost when the translation is any
// other bytes: the input up to its last line feed is the sentence, the rest a translation. The input is a glossary too,
// and the translation one of the sentence.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLongest = 4096;
  if (size > kLongest) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  parsed(bytes, voxlate::translation::parse_glossary_json);
  const std::size_t end = bytes.rfind('\n');
  const std::string_view sentence = bytes.substr(0, end);
  const std::string_view translation = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
  const Glossary glossary = parsed(translation, voxlate::translation::parse_glossary_lines);
  for (const PlaceHolders style : {PlaceHolders::kNumbers, PlaceHolders::kTags, PlaceHolders::kNone}) {
    TextRules rules;
    rules.place_holders = style;
    rules.protect_plain_numbers = size % 2 == 0;
    const ProtectedText source = voxlate::translation::protect(sentence, rules);
    if (voxlate::translation::restore(source, source.text) != sentence) std::abort();
    check_restored(source, translation);
    rules.glossary = &glossary;
    check_restored(voxlate::translation::protect(sentence, rules), translation);
  }
  return 0;
}
