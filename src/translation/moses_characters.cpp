#include "translation/moses_characters.h"

#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace voxlate::translation {
namespace {

UChar32 icu(char32_t c) { return static_cast<UChar32>(c); }

struct Range {
  char32_t first;
  char32_t last;
};

bool is_syllable_of_hangul(char32_t c) { return c >= 0xAC00 && c <= 0xD7A3; }

/// Signs that bind letters of Indian scripts, which Unicode calls no letters.
bool binds_letters(char32_t c) {
  constexpr int kNukta = 7;
  constexpr int kVirama = 9;
  const int combining = u_getCombiningClass(icu(c));
  return combining == kNukta || combining == kVirama;
}

}  // namespace

std::u32string code_points_of(std::string_view utf8) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(utf8.data());
  const auto size = static_cast<std::int32_t>(utf8.size());
  std::u32string text;
  text.reserve(utf8.size());
  for (std::int32_t offset = 0; offset < size;) {
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, offset, size, character);
    text += static_cast<char32_t>(character);
  }
  return text;
}

std::string utf8_of(std::u32string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char32_t c : text) {
    std::array<std::uint8_t, U8_MAX_LENGTH> bytes{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes.data(), length, c);
    utf8.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
  }
  return utf8;
}

void replace_all(std::u32string& text, std::u32string_view from, std::u32string_view to) {
  std::size_t found = text.find(from);
  if (found == std::u32string::npos) return;
  std::u32string replaced;
  std::size_t begin = 0;
  for (; found != std::u32string::npos; found = text.find(from, begin)) {
    replaced.append(text, begin, found - begin).append(to);
    begin = found + from.size();
  }
  text = replaced.append(text, begin);
}

bool is_blank(char32_t c) {
  constexpr char32_t kFileSeparator = 0x1C;
  constexpr char32_t kUnitSeparator = 0x1F;
  return u_isUWhiteSpace(icu(c)) != 0 || (c >= kFileSeparator && c <= kUnitSeparator);
}

bool is_number(char32_t c) { return (U_MASK(u_charType(icu(c))) & U_GC_N_MASK) != 0; }
bool is_lower(char32_t c) { return u_isULowercase(icu(c)) != 0; }
bool is_upper(char32_t c) { return u_isUUppercase(icu(c)) != 0; }

bool is_east_asian(char32_t c) {
  static constexpr std::array kRanges = std::to_array<Range>({{0x1100, 0x11FF},
                                                              {0x2E80, 0xA4CF},
                                                              {0xA840, 0xA87F},
                                                              {0xAC00, 0xD7AF},
                                                              {0xF900, 0xFAFF},
                                                              {0xFE30, 0xFE4F},
                                                              {0xFF00, 0xFFDC},
                                                              {0x16FE0, 0x18AFF},
                                                              {0x1B000, 0x1B2FF},
                                                              {0x20000, 0x3FFFF}});
  return std::any_of(kRanges.begin(), kRanges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
}

Letters::Letters(std::string_view language)
    : has_han_(language == "zh" || language == "ja"), has_kana_(language == "ja"), has_hangul_(language == "ko") {}

bool Letters::is_letter(char32_t c) const {
  // Marks that only these scripts have, such as 。, belong to words too: `uscript_hasScript` knows whose they are.
  if (has_han_ && uscript_hasScript(icu(c), USCRIPT_HAN) != 0) return true;
  if (has_kana_ &&
      (uscript_hasScript(icu(c), USCRIPT_HIRAGANA) != 0 || uscript_hasScript(icu(c), USCRIPT_KATAKANA) != 0))
    return true;
  if (has_hangul_ && uscript_hasScript(icu(c), USCRIPT_HANGUL) != 0) return true;
  UErrorCode status = U_ZERO_ERROR;
  if (is_syllable_of_hangul(c) || uscript_getScript(icu(c), &status) == USCRIPT_HAN) return false;
  return u_isUAlphabetic(icu(c)) != 0 || binds_letters(c);
}

bool Letters::is_letter_or_digit(char32_t c) const { return is_letter(c) || u_isdigit(icu(c)) != 0; }

}  // namespace voxlate::translation
