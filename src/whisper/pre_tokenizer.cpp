#include "whisper/pre_tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>
#include <cstddef>

namespace voxlate::whisper {
namespace {

enum class Kind { kLetter, kNumber, kSpace, kOther };

struct Character {
  Kind kind;
  std::size_t end;
};

Kind kind_of(UChar32 c) {
  if (c < 0) return Kind::kOther;
  if (u_isUWhiteSpace(c) != 0) return Kind::kSpace;
  const std::uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return Kind::kLetter;
  return (category & U_GC_N_MASK) != 0 ? Kind::kNumber : Kind::kOther;
}

Character character_at(std::string_view text, std::size_t begin) {
  std::size_t end = begin;
  UChar32 c = 0;
  U8_NEXT(text.data(), end, text.size(), c);
  return {kind_of(c), end};
}

/// The characters of one kind from `begin` on.
struct Run {
  std::size_t last;  ///< where the last of them begins
  std::size_t end;
};

Run run_of(Kind kind, std::string_view text, std::size_t begin) {
  Run run{begin, begin};
  while (run.end < text.size()) {
    const Character character = character_at(text, run.end);
    if (character.kind != kind) break;
    run = {run.end, character.end};
  }
  return run;
}

std::size_t contraction_size(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kContractions{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view contraction : kContractions) {
    if (text.substr(0, contraction.size()) == contraction) return contraction.size();
  }
  return 0;
}

}  // namespace

std::string_view next_piece(std::string_view text) {
  if (const std::size_t size = contraction_size(text); size > 0) return text.substr(0, size);
  const std::size_t begin = text.front() == ' ' && text.size() > 1 ? 1 : 0;
  const Kind kind = character_at(text, begin).kind;
  if (kind != Kind::kSpace) return text.substr(0, run_of(kind, text, begin).end);
  // The last white space before something else is left to the piece that follows.
  const Run spaces = run_of(Kind::kSpace, text, 0);
  const bool is_last_left = spaces.end < text.size() && spaces.last > 0;
  return text.substr(0, is_last_left ? spaces.last : spaces.end);
}

}  // namespace voxlate::whisper
