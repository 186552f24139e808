#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "translation/moses_characters.h"
#include "translation/moses_words.h"

namespace voxlate::translation {
namespace {

struct Replacement {
  std::u32string_view from;
  std::u32string_view to;
};

template <std::size_t kCount>
void replace(std::u32string& text, const std::array<Replacement, kCount>& replacements) {
  for (const Replacement& replacement : replacements) replace_all(text, replacement.from, replacement.to);
}

constexpr char32_t kNoBreak = U'\u00A0';

constexpr auto kBrackets = std::to_array<Replacement>({{U"\r", U""}, {U"(", U" ("}, {U")", U") "}});

constexpr auto kInsideBrackets = std::to_array<Replacement>({{U"( ", U"("}, {U" )", U")"}});

constexpr auto kMarks = std::to_array<Replacement>({
    {U" :", U":"},        // no blank before
    {U" ;", U";"},        //
    {U"`", U"'"},         //
    {U"''", U" \" "},     //
    {U"\u201E", U"\""},   // „
    {U"\u201C", U"\""},   // “
    {U"\u201D", U"\""},   // ”
    {U"\u2013", U"-"},    // –
    {U"\u2014", U" - "},  // —
});

constexpr auto kQuotes = std::to_array<Replacement>({
    {U"\u00B4", U"'"},               // ´
    {U"\u2018", U"'"},               // ‘
    {U"\u201A", U"'"},               // ‚
    {U"\u2019", U"'"},               // ’
    {U"''", U"\""},                  //
    {U"\u2026", U"..."},             // …
    {U"\u00A0\u00AB\u00A0", U"\""},  // «
    {U"\u00AB\u00A0", U"\""},        //
    {U"\u00AB", U"\""},              //
    {U"\u00A0\u00BB\u00A0", U"\""},  // »
    {U"\u00A0\u00BB", U"\""},        //
    {U"\u00BB", U"\""},              //
});

constexpr auto kNoBreakBlanks = std::to_array<Replacement>({
    {U"\u00A0%", U"%"},
    {U"n\u00BA\u00A0", U"n\u00BA "},  // nº 5
    {U"\u00A0:", U":"},
    {U"\u00A0\u00BAC", U" \u00BAC"},  // 5 ºC
    {U"\u00A0cm", U" cm"},
    {U"\u00A0?", U"?"},
    {U"\u00A0!", U"!"},
    {U"\u00A0;", U";"},
    {U",\u00A0", U", "},
});

bool is_digit(char32_t c) { return u_isdigit(static_cast<UChar32>(c)) != 0; }

bool is_one_of(char32_t c, std::u32string_view characters) { return characters.find(c) != std::u32string_view::npos; }

/// Several spaces are one.
void merge_spaces(std::u32string& text) {
  const auto end = std::unique(text.begin(), text.end(), [](char32_t a, char32_t b) { return a == U' ' && b == U' '; });
  text.erase(end, text.end());
}

/// Takes out every character for which `is_stray(before, at, behind)` holds; 0 stands for none.
template <typename Predicate>
void erase_if_between(std::u32string& text, Predicate is_stray) {
  std::u32string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t before = i > 0 ? text[i - 1] : 0;
    const char32_t behind = i + 1 < text.size() ? text[i + 1] : 0;
    if (!is_stray(before, text[i], behind)) kept += text[i];
  }
  text = std::move(kept);
}

void tidy_brackets(std::u32string& text) {
  replace(text, kBrackets);
  merge_spaces(text);
  erase_if_between(text, [](char32_t before, char32_t c, char32_t behind) {
    return c == U' ' && before == U')' && is_one_of(behind, U".!:?;,");
  });
  replace(text, kInsideBrackets);
  erase_if_between(text, [](char32_t before, char32_t c, char32_t behind) {
    return c == U' ' && is_digit(before) && behind == U'%';
  });
}

/// English has commas and full stops before the quote that closes.
void move_quotes_behind_marks(std::u32string& text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == U'"' && is_one_of(text[i + 1], U",.")) std::swap(text[i], text[i + 1]);
  }
}

/// German, Spanish and French have them behind it, but for the full stop at the end of a text.
void move_quotes_before_marks(std::u32string& text) {
  replace_all(text, U",\"", U"\",");
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != U'"' || text[i - 1] != U'.' || text[i + 1] == U'<') continue;
    std::size_t begin = i;
    while (begin > 0 && text[begin - 1] == U'.') --begin;
    std::swap(text[begin], text[i]);  // all between are full stops
  }
}

/// Blanks between digits are those of thousands.
void mark_thousands(std::u32string& text, char32_t mark) {
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == kNoBreak && is_digit(text[i - 1]) && is_digit(text[i + 1])) text[i] = mark;
  }
}

}  // namespace

std::string normalise_punctuation(std::string_view utf8, std::string_view language) {
  std::u32string text = code_points_of(utf8);
  tidy_brackets(text);
  replace(text, kMarks);
  merge_spaces(text);
  replace(text, kQuotes);
  replace(text, kNoBreakBlanks);
  merge_spaces(text);
  const bool has_marks_behind = language == "de" || language == "es" || language == "fr";
  if (language == "en") move_quotes_behind_marks(text);
  if (has_marks_behind) move_quotes_before_marks(text);
  mark_thousands(text, has_marks_behind || language == "cs" ? U',' : U'.');
  while (!text.empty() && is_blank(text.back())) text.pop_back();
  std::size_t begin = 0;
  while (begin < text.size() && is_blank(text[begin])) ++begin;
  return utf8_of(std::u32string_view(text).substr(begin));
}

}  // namespace voxlate::translation
