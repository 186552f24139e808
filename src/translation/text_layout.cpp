#include "translation/text_layout.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>

#include "translation/characters.h"
#include "translation/inline_tags.h"
#include "translation/protected_spans.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::string_view kBlanks = " \t\n\r\v\f";

struct CloseBreakIterator {
  void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
};
struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

void check(UErrorCode status, std::string_view what) {
  if (U_FAILURE(status))
    throw Error(ErrorCode::kInternal, "ICU cannot " + std::string(what) + ": " + u_errorName(status));
}

bool is_apostrophe(char32_t c) { return c == '\'' || c == 0x2019; }

/// The ends of the units of `text`, the last is its size.
std::vector<std::size_t> breaks_of(UBreakIteratorType type, std::string_view text, const std::string& language) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UBreakIterator, CloseBreakIterator> iterator(
      ubrk_open(type, language.c_str(), nullptr, 0, &status));
  check(status, "open its rules for breaks");
  const std::unique_ptr<UText, CloseText> wrapped(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status));
  check(status, "read a text");
  ubrk_setUText(iterator.get(), wrapped.get(), &status);
  check(status, "break a text");
  std::vector<std::size_t> ends;
  for (std::int32_t offset = ubrk_next(iterator.get()); offset != UBRK_DONE; offset = ubrk_next(iterator.get()))
    ends.push_back(static_cast<std::size_t>(offset));
  return ends;
}

/// The break offsets that leave a letter or a digit on both sides, and between any two of them.
std::vector<std::size_t> breaks_between_words(std::string_view text, const std::string& language) {
  std::vector<std::size_t> offsets;
  std::size_t begin = 0;
  const bool has_words = has_letter_or_digit(text);
  for (const std::size_t offset : break_offsets(text, language)) {
    if (has_words && !has_letter_or_digit(text.substr(begin, offset - begin))) continue;
    if (has_words && !has_letter_or_digit(text.substr(offset))) break;
    offsets.push_back(offset);
    begin = offset;
  }
  return offsets;
}

/// How bad a cut behind `before` reads, in parts of the average length of a part.
double cut_cost(std::string_view before) {
  const bool behind_blank = !before.empty() && kBlanks.find(before.back()) != std::string_view::npos;
  const char32_t last = last_character(trimmed(before)).code;
  const int8_t type = u_charType(static_cast<UChar32>(last));
  if (type == U_OTHER_PUNCTUATION && last != '\'' && last != '/') return 0;
  if (type == U_DASH_PUNCTUATION) return behind_blank ? 0 : 0.5;
  return behind_blank || is_unspaced(last) ? 0.25 : 0.5;
}

/// Indices of the breaks at which to cut; `positions` counts characters up to each break.
std::vector<std::size_t> choose_cuts(std::span<const double> positions, std::span<const double> costs,
                                     std::span<const std::size_t> weights, double characters) {
  const auto total_weight =
      static_cast<double>(std::max<std::size_t>(std::accumulate(weights.begin(), weights.end(), std::size_t{0}), 1));
  const double part_characters = characters / static_cast<double>(weights.size());
  std::vector<std::size_t> cuts;
  double share = 0;
  std::size_t first = 0;
  for (std::size_t part = 0; part + 1 < weights.size(); ++part) {
    share += static_cast<double>(weights[part]) / total_weight;
    const std::size_t later_cuts = weights.size() - part - 2;
    double best_cost = std::numeric_limits<double>::max();
    std::size_t best = first;
    for (std::size_t i = first; i + later_cuts < positions.size(); ++i) {
      const double cost = std::abs(positions[i] - share * characters) / part_characters + costs[i];
      if (cost < best_cost) {
        best_cost = cost;
        best = i;
      }
    }
    cuts.push_back(best);
    first = best + 1;
  }
  return cuts;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U; }));
}

std::size_t count_graphemes(std::string_view text) {
  const std::string visible = without_tags(text);
  return breaks_of(UBRK_CHARACTER, visible, "").size();
}

std::vector<bool> word_breaks(std::string_view text) {
  std::vector<bool> breaks(text.size() + 1, false);
  for (const std::size_t offset : breaks_of(UBRK_WORD, text, "")) breaks[offset] = true;
  for (std::size_t offset = 0; offset < text.size();) {
    const Character character = first_character(text.substr(offset));
    if (is_apostrophe(character.code)) breaks[offset] = breaks[offset + character.size] = true;
    offset += character.size;
  }
  breaks[0] = breaks[text.size()] = true;
  return breaks;
}

std::vector<std::size_t> break_offsets(std::string_view text, const std::string& language) {
  const std::vector<bool> is_word_break = word_breaks(text);
  const std::vector<ProtectedSpan> spans = protected_spans(text, 0, text.size(), inline_tags(text), {});
  std::vector<std::size_t> offsets;
  auto span = spans.begin();
  for (const std::size_t offset : breaks_of(UBRK_LINE, text, language)) {
    while (span != spans.end() && span->begin + span->size <= offset) ++span;
    const bool inside_span = span != spans.end() && span->begin < offset;
    if (offset < text.size() && is_word_break[offset] && !inside_span) offsets.push_back(offset);
  }
  return offsets;
}

std::vector<std::string> split_in_proportion(std::string_view text, std::span<const std::size_t> weights,
                                             const std::string& language) {
  text = trimmed(text);
  if (text.empty() || weights.empty()) return {};
  const std::vector<std::size_t> breaks =
      weights.size() > 1 ? breaks_between_words(text, language) : std::vector<std::size_t>{};
  const std::size_t parts = std::min(weights.size(), breaks.size() + 1);
  std::vector<double> positions;
  std::vector<double> costs;
  for (const std::size_t offset : breaks) {
    positions.push_back(static_cast<double>(count_characters(text.substr(0, offset))));
    costs.push_back(cut_cost(text.substr(0, offset)));
  }
  std::vector<std::string> split;
  std::size_t begin = 0;
  for (const std::size_t cut :
       choose_cuts(positions, costs, weights.first(parts), static_cast<double>(count_characters(text)))) {
    split.emplace_back(trimmed(text.substr(begin, breaks[cut] - begin)));
    begin = breaks[cut];
  }
  split.emplace_back(trimmed(text.substr(begin)));
  return split;
}

std::vector<std::string> split_tagged(std::string_view text, std::span<const std::size_t> weights,
                                      const std::string& language) {
  const TaggedText tagged = take_tags(text);
  if (tagged.tags.empty()) return split_in_proportion(text, weights, language);
  std::vector<std::string> parts = split_in_proportion(tagged.plain, weights, language);
  std::size_t begin = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_last = i + 1 == parts.size();
    begin = tagged.plain.find_first_not_of(kBlanks, begin);
    const std::size_t end = begin + parts[i].size();
    std::size_t added = 0;
    for (; next < tagged.tags.size(); ++next) {
      const TaggedText::Tag& tag = tagged.tags[next];
      const bool is_closing = tag.text.substr(0, 2) == "</";
      if (!is_last && (is_closing ? tag.offset > end : tag.offset >= end)) break;
      const std::size_t offset = std::max(std::min(tag.offset, end), begin) - begin + added;
      parts[i].insert(offset, tag.text);
      added += tag.text.size();
    }
    begin = end;
  }
  balance_tags(parts);
  return parts;
}

std::string joined_text(std::string_view a, std::string_view b) {
  std::string joined(a);
  const bool unspaced =
      is_unspaced(last_character(without_tags(a)).code) && is_unspaced(first_character(without_tags(b)).code);
  if (!a.empty() && !b.empty() && !unspaced) joined += ' ';
  joined += b;
  return joined;
}

}  // namespace voxlate::translation
