#include "translation/sentence_ends.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "translation/characters.h"
#include "translation/inline_tags.h"

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

constexpr UChar32 kWideFullStop = 0xFF0E;

bool is_ascii_mark(UChar32 c) { return c == '.' || c == '!' || c == '?'; }
bool is_mark(UChar32 c) { return is_ascii_mark(c) || c == 0x2026 || c == 0x203D || c == 0x203C || c == 0x2047; }

/// Marks that need no blank behind them, or are in scripts where no abbreviation has them: 。？।؟։።។ and so on.
bool is_full_mark(UChar32 c) {
  // Greek, Hebrew, Thai, Tibetan and Khmer, where this version of Unicode does not say it.
  constexpr std::array kOthers = {0x037E, 0x05C3, 0x0E5A, 0x0E5B, 0x0F0D, 0x0F0E, 0x17D4, 0x17D5};
  if (c < 0x80 || is_mark(c)) return false;
  return u_hasBinaryProperty(c, UCHAR_S_TERM) != 0 || std::find(kOthers.begin(), kOthers.end(), c) != kOthers.end();
}

bool is_greek(char32_t c) { return (c >= 0x370 && c <= 0x3FF) || (c >= 0x1F00 && c <= 0x1FFF); }

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

/// Whether marks are in Chinese or Japanese text: "好吗?好".
bool is_among_unspaced(std::string_view text, std::size_t begin, std::size_t behind) {
  return begin > 0 && is_unspaced(last_character(text.substr(0, begin)).code) &&
         is_unspaced(first_character(text.substr(behind)).code);
}

/// Marks `[begin, end)` and what closes behind them, up to `behind`.
struct Marks {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t behind = 0;
  bool is_quoted = false;  ///< quotes or brackets close, not tags alone
};

bool ends_sentence(std::string_view text, const Marks& marks) {
  if (marks.behind < text.size() && u_isUWhiteSpace(Cursor(text, marks.behind).peek()) == 0)
    return text[marks.begin] != '.' && is_among_unspaced(text, marks.begin, marks.behind);
  const NextWord next = next_word(text, marks.behind);
  const std::string_view written = text.substr(marks.begin, marks.end - marks.begin);
  if (written == "." && !marks.is_quoted) return !belongs_to_word(text, marks.begin, next);
  const bool is_pause = written != "." && written.find_first_of("!?;") == std::string_view::npos;
  return !((is_pause || marks.is_quoted) && next == NextWord::kLower);
}

/// Behind the closing tags that begin at `offset`.
std::size_t behind_closing_tags(std::span<const InlineTag> tags, std::size_t offset) {
  for (const InlineTag& tag : tags) {
    if (tag.begin == offset && tag.kind == InlineTag::Kind::kClosing) offset += tag.size;
  }
  return offset;
}

/// Greeks ask with a semicolon.
bool is_mark_at(std::string_view text, std::size_t offset, UChar32 character) {
  return is_mark(character) || (character == ';' && is_greek(last_character(text.substr(0, offset)).code));
}

}  // namespace

std::vector<std::size_t> sentence_ends(std::string_view text) {
  const std::vector<InlineTag> tags = inline_tags(text);
  auto tag = tags.begin();
  std::vector<std::size_t> ends;
  Cursor cursor(text);
  while (!cursor.at_end()) {
    const std::size_t begin = cursor.offset();
    while (tag != tags.end() && tag->begin < begin) ++tag;
    if (tag != tags.end() && tag->begin == begin) {
      cursor = Cursor(text, begin + tag->size);
      continue;
    }
    const UChar32 character = cursor.next();
    if (!is_mark_at(text, begin, character) && !is_full_mark(character)) continue;
    bool is_full = is_full_mark(character);
    cursor.skip([&is_full](UChar32 c) {
      is_full = is_full || is_full_mark(c);
      return is_mark(c) || is_full_mark(c);
    });
    const std::size_t end = cursor.offset();
    cursor.skip(is_closer);
    const std::size_t behind_closers = cursor.offset();
    const std::size_t behind = behind_closing_tags(tags, behind_closers);
    cursor = Cursor(text, behind);
    cursor.skip(is_closer);
    const bool is_in_number =
        character == kWideFullStop && end < text.size() && u_isdigit(Cursor(text, end).peek()) != 0;
    if (is_in_number) continue;
    const Marks marks{.begin = begin,
                      .end = end,
                      .behind = cursor.offset(),
                      .is_quoted = behind_closers > end || cursor.offset() > behind};
    if (is_full || ends_sentence(text, marks)) ends.push_back(cursor.offset());
  }
  return ends;
}

}  // namespace voxlate::translation
