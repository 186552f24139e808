#include "translation/sentence_ends.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace voxlate::translation {
namespace {

/// Words that are followed by what they belong to; no sentence ends behind their full stop.
constexpr std::array kNeverEnds = std::to_array<std::string_view>({
    "approx", "bzw", "capt", "cf",   "col", "dept", "dr",   "dra", "e.g", "ej", "fig",  "gen", "gov", "hon",
    "i.e",    "lt",  "m",    "mlle", "mme", "mr",   "mrs",  "ms",  "mt",  "nr", "p.ej", "pp",  "pág", "prof",
    "rep",    "rev", "sen",  "sgt",  "sr",  "sra",  "srta", "st",  "sta", "ud", "uds",  "vol", "vs",  "z.b",
});

/// Abbreviations that may also be the last word of a sentence: the next word tells.
constexpr std::array kMayEnd =
    std::to_array<std::string_view>({"co", "corp", "etc", "inc", "jr", "ltd", "no", "núm", "usw"});

bool is_ascii_mark(UChar32 c) { return c == '.' || c == '!' || c == '?'; }
bool is_mark(UChar32 c) { return is_ascii_mark(c) || c == 0x2026 || c == 0x203D || c == 0x203C || c == 0x2047; }

/// Marks that need no blank behind them, or are in scripts where no abbreviation has them.
bool is_full_mark(UChar32 c) {
  return c == 0x3002 || c == 0xFF01 || c == 0xFF1F || c == 0xFF0E || c == 0xFF61 || c == 0x0964 || c == 0x06D4 ||
         c == 0x061F;
}

bool is_closer(UChar32 c) {
  if (c == '"' || c == '\'') return true;
  const int8_t type = u_charType(c);
  return type == U_END_PUNCTUATION || type == U_FINAL_PUNCTUATION;
}

/// Reads a text by characters.
class Cursor {
 public:
  explicit Cursor(std::string_view text, std::size_t offset = 0)
      : text_(text), offset_(static_cast<std::int32_t>(offset)) {}

  bool at_end() const { return offset() >= text_.size(); }
  std::size_t offset() const { return static_cast<std::size_t>(offset_); }

  UChar32 peek() const {
    std::int32_t offset = offset_;
    return read(offset);
  }

  UChar32 next() { return read(offset_); }

  /// Goes past all characters for which `belongs` holds.
  template <typename Predicate>
  void skip(Predicate belongs) {
    while (!at_end() && belongs(peek())) next();
  }

 private:
  UChar32 read(std::int32_t& offset) const {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
    UChar32 character = 0;
    U8_NEXT_OR_FFFD(bytes, offset, static_cast<std::int32_t>(text_.size()), character);
    return character;
  }

  std::string_view text_;
  std::int32_t offset_;
};

std::string to_lower_ascii(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// The word that ends at `end`, without what opens before it.
std::string_view word_before(std::string_view text, std::size_t end) {
  const std::size_t blank = text.substr(0, end).find_last_of(" \t\n\r");
  std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  while (begin < end && std::string_view("\"'([{").find(text[begin]) != std::string_view::npos) ++begin;
  return text.substr(begin, end - begin);
}

enum class NextWord { kNone, kLower, kNumber, kOther };

NextWord next_word(std::string_view text, std::size_t offset) {
  Cursor cursor(text, offset);
  cursor.skip([](UChar32 c) { return u_isUWhiteSpace(c) != 0 || c == '"' || c == '\'' || c == '('; });
  if (cursor.at_end()) return NextWord::kNone;
  const UChar32 first = cursor.peek();
  if (u_islower(first) != 0) return NextWord::kLower;
  return u_isdigit(first) != 0 ? NextWord::kNumber : NextWord::kOther;
}

template <typename List>
bool contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Whether the one full stop at `dot` belongs to the word before it.
bool belongs_to_word(std::string_view text, std::size_t dot, NextWord next) {
  const std::string_view word = word_before(text, dot);
  const std::string lower = to_lower_ascii(word);
  if (contains(kNeverEnds, lower)) return true;
  if (next == NextWord::kNone || word.empty()) return false;
  if (lower == "no" || lower == "núm") return next == NextWord::kNumber;
  if (contains(kMayEnd, lower)) return next == NextWord::kLower || next == NextWord::kNumber;
  const bool is_letter = lower[0] >= 'a' && lower[0] <= 'z';
  const bool one_letter = word.size() == 1 && is_letter;
  if (one_letter) return word != "I";
  if (is_letter && word.find('.') != std::string_view::npos && word.size() <= 7) {
    return next == NextWord::kLower || word != lower;  // "5 p.m. Then" ends, "the U.S. Army" does not
  }
  const bool is_number = word.find_first_not_of("0123456789") == std::string_view::npos;
  const bool is_first = text.find_first_not_of(" \t\n\r") == dot - word.size();
  return is_number && is_first && word.size() <= 2;
}

/// Whether the marks `[begin, end)`, followed by closers up to `behind`, end a sentence.
bool ends_sentence(std::string_view text, std::size_t begin, std::size_t end, std::size_t behind) {
  if (behind < text.size() && u_isUWhiteSpace(Cursor(text, behind).peek()) == 0) return false;
  const NextWord next = next_word(text, behind);
  const std::string_view marks = text.substr(begin, end - begin);
  if (marks == "." && behind == end) return !belongs_to_word(text, begin, next);
  const bool is_pause = marks != "." && marks.find_first_of("!?") == std::string_view::npos;
  const bool is_quoted = behind > end;
  return !((is_pause || is_quoted) && next == NextWord::kLower);
}

}  // namespace

std::vector<std::size_t> sentence_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  Cursor cursor(text);
  while (!cursor.at_end()) {
    const std::size_t begin = cursor.offset();
    const UChar32 character = cursor.next();
    if (!is_mark(character) && !is_full_mark(character)) continue;
    bool is_full = is_full_mark(character);
    cursor.skip([&is_full](UChar32 c) {
      is_full = is_full || is_full_mark(c);
      return is_mark(c) || is_full_mark(c);
    });
    const std::size_t end = cursor.offset();
    cursor.skip(is_closer);
    if (is_full || ends_sentence(text, begin, end, cursor.offset())) ends.push_back(cursor.offset());
  }
  return ends;
}

}  // namespace voxlate::translation
