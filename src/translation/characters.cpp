#include "translation/characters.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

namespace voxlate::translation {
namespace {

UScriptCode script_of(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(c), &status);
}

template <typename Predicate>
bool has_any(std::string_view text, Predicate belongs) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (belongs(character.code)) return true;
    text.remove_prefix(character.size);
  }
  return false;
}

}  // namespace

Character first_character(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  if (text.empty()) return {};
  const std::string_view front = text.substr(0, kLongest);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(front.data());
  std::int32_t offset = 0;
  UChar32 code = 0;
  U8_NEXT_OR_FFFD(bytes, offset, static_cast<std::int32_t>(front.size()), code);
  return {.code = static_cast<char32_t>(code), .size = static_cast<std::size_t>(offset)};
}

Character last_character(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t size = 1; size <= std::min(text.size(), kLongest); ++size) {
    const std::string_view back = text.substr(text.size() - size);
    if ((static_cast<std::uint8_t>(back.front()) & 0xC0U) == 0x80U) continue;
    const Character character = first_character(back);
    if (character.size == size) return character;
    break;
  }
  return {.code = 0xFFFD, .size = text.empty() ? std::size_t{0} : 1};
}

bool is_letter(char32_t c) { return u_isalpha(static_cast<UChar32>(c)) != 0; }
bool is_upper_letter(char32_t c) { return u_isupper(static_cast<UChar32>(c)) != 0; }
bool is_digit(char32_t c) { return digit_value(c) >= 0; }
bool is_letter_or_digit(char32_t c) { return is_letter(c) || is_digit(c); }

int digit_value(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9' ? static_cast<int>(c - '0') : -1;
  return u_charDigitValue(static_cast<UChar32>(c));
}

bool is_unspaced(char32_t c) {
  if ((c >= 0x3000 && c <= 0x303F) || (c >= 0xFF00 && c <= 0xFFEF)) return true;
  const UScriptCode script = script_of(c);
  return script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA;
}

bool is_of_unspaced_words(char32_t c) {
  if (c < 0x80) return false;
  const UScriptCode script = script_of(c);
  return is_unspaced(c) || script == USCRIPT_THAI || script == USCRIPT_LAO || script == USCRIPT_KHMER ||
         script == USCRIPT_MYANMAR;
}

char32_t folded(char32_t c) { return static_cast<char32_t>(u_foldCase(static_cast<UChar32>(c), U_FOLD_CASE_DEFAULT)); }

bool has_letter(std::string_view text) { return has_any(text, is_letter); }
bool has_letter_or_digit(std::string_view text) { return has_any(text, is_letter_or_digit); }

std::string capitalised(std::string_view text) {
  const Character first = first_character(text);
  const UChar32 upper = u_totitle(static_cast<UChar32>(first.code));
  if (first.size == 0 || upper == static_cast<UChar32>(first.code)) return std::string(text);
  char bytes[U8_MAX_LENGTH];
  std::int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, upper);
  return std::string(bytes, static_cast<std::size_t>(size)) + std::string(text.substr(first.size));
}

}  // namespace voxlate::translation
