#include "translation/moses_words.h"

#include <algorithm>
#include <utility>

#include "translation/abbreviations.h"
#include "translation/moses_characters.h"

namespace voxlate::translation {
namespace {

/// Blanks of all kinds as one space each, none at the ends, no control characters.
std::u32string cleaned(std::u32string_view text) {
  std::u32string clean;
  for (const char32_t c : text) {
    if (is_blank(c)) {
      if (!clean.empty() && clean.back() != U' ') clean += U' ';
    } else if (c >= U' ') {
      clean += c;
    }
  }
  if (!clean.empty() && clean.back() == U' ') clean.pop_back();
  return clean;
}

void append_apart(std::u32string& text, std::u32string_view mark) { text.append(U" ").append(mark).append(U" "); }

/// What is no letter or digit is a word, but for marks that numbers and words may have inside.
std::u32string with_marks_apart(std::u32string_view text, const Letters& letters) {
  constexpr std::u32string_view kLater = U" .'`,-";
  std::u32string apart;
  for (const char32_t c : text) {
    if (kLater.find(c) != std::u32string_view::npos || letters.is_letter_or_digit(c)) {
      apart += c;
    } else {
      append_apart(apart, {&c, 1});
    }
  }
  return apart;
}

/// "..." is one word.
std::u32string with_dots_apart(std::u32string_view text) {
  std::u32string apart;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_not_of(U'.', i), text.size());
    if (end - i > 1) append_apart(apart, text.substr(i, end - i));
    if (end - i == 1) apart += U'.';
    if (end == i) apart += text[end];
    i = std::max(end, i + 1);
  }
  return apart;
}

/// Commas are words, but for those within numbers: "5,300".
std::u32string with_commas_apart(std::u32string_view text) {
  std::u32string apart;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool behind_number = i == 0 || is_number(text[i - 1]);
    const bool before_number = i + 1 < text.size() && is_number(text[i + 1]);
    if (text[i] != U',' || (behind_number && before_number)) {
      apart += text[i];
    } else {
      append_apart(apart, U",");
    }
  }
  return apart;
}

/// `before` ' `after`, both blanks where they are wanted. An apostrophe needs a character on both sides, and two of
/// them do not share one: "rock'n'roll" is "rock 'n'roll".
template <typename Before, typename After>
void part_apostrophes(std::u32string& text, std::pair<bool, bool> blanks, Before before, After after) {
  std::u32string apart;
  std::size_t i = 0;
  while (i + 2 < text.size()) {
    if (text[i + 1] != U'\'' || !before(text[i]) || !after(text[i + 2])) {
      apart += text[i++];
      continue;
    }
    apart += text[i];
    if (blanks.first) apart += U' ';
    apart += U'\'';
    if (blanks.second) apart += U' ';
    apart += text[i + 2];
    i += 3;
  }
  text = apart.append(text, i);
}

/// English: "don 't", "the '90s"; French and Italian: "l' eau"; others: "l ' eau".
void part_apostrophes(std::u32string& text, const Letters& letters, std::string_view language) {
  constexpr std::pair kBoth(true, true);
  constexpr std::pair kBefore(true, false);
  constexpr std::pair kBehind(false, true);
  const auto is_letter = [&](char32_t c) { return letters.is_letter(c); };
  const auto is_other = [&](char32_t c) { return !letters.is_letter(c); };
  const auto is_mark = [&](char32_t c) { return !letters.is_letter(c) && !is_number(c); };
  if (language == "en") {
    part_apostrophes(text, kBoth, is_other, is_other);
    part_apostrophes(text, kBoth, is_mark, is_letter);
    part_apostrophes(text, kBoth, is_letter, is_other);
    part_apostrophes(text, kBefore, is_letter, is_letter);
    part_apostrophes(text, kBefore, is_number, [](char32_t c) { return c == U's'; });
  } else if (language == "fr" || language == "it") {
    part_apostrophes(text, kBoth, is_other, is_other);
    part_apostrophes(text, kBoth, is_other, is_letter);
    part_apostrophes(text, kBoth, is_letter, is_other);
    part_apostrophes(text, kBehind, is_letter, is_letter);
  } else {
    replace_all(text, U"'", U" ' ");
  }
}

std::vector<std::u32string> words_of(std::u32string_view text) {
  std::vector<std::u32string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(U' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// Whether the full stop at the end of `word`, of which `stem` is the rest, is no word of its own.
bool keeps_full_stop(const std::u32string& stem, const std::u32string* next, const Letters& letters,
                     std::string_view language) {
  const bool has_letters = std::any_of(stem.begin(), stem.end(), [&](char32_t c) { return letters.is_letter(c); });
  if (has_letters && stem.find(U'.') != std::u32string::npos) return true;  // "U.S.", "p.m."
  if (next != nullptr && is_lower(next->front())) return true;
  const bool before_number = next != nullptr && next->front() >= U'0' && next->front() <= U'9';
  switch (full_stop_behind(utf8_of(stem), language)) {
    case FullStop::kEndsSentence: return false;
    case FullStop::kBelongsToWord: return true;
    case FullStop::kBelongsBeforeNumber: return before_number;
  }
  return false;
}

std::vector<std::u32string> with_full_stops_apart(const std::vector<std::u32string>& words, const Letters& letters,
                                                  std::string_view language) {
  std::vector<std::u32string> apart;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::u32string& word = words[i];
    const std::u32string* const next = i + 1 < words.size() ? &words[i + 1] : nullptr;
    const std::u32string stem = word.substr(0, word.size() - 1);
    const bool is_dots = word.find_first_not_of(U'.') == std::u32string::npos;
    if (word.back() != U'.' || is_dots || keeps_full_stop(stem, next, letters, language)) {
      apart.push_back(word);
    } else {
      apart.push_back(stem);
      apart.emplace_back(U".");
    }
  }
  return apart;
}

/// A quotation that ends the text: the apostrophe has nothing behind it.
void part_last_quote(std::vector<std::u32string>& words) {
  if (words.empty() || !words.back().ends_with(U".'")) return;
  const std::u32string stem = words.back().substr(0, words.back().size() - 2);
  words.pop_back();
  if (!stem.empty()) words.push_back(stem);
  words.insert(words.end(), {U".", U"'"});
}

std::string escaped(std::u32string_view word) {
  std::string text;
  for (const char c : utf8_of(word)) {
    switch (c) {
      case '&': text += "&amp;"; break;
      case '|': text += "&#124;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '\'': text += "&apos;"; break;
      case '"': text += "&quot;"; break;
      case '[': text += "&#91;"; break;
      case ']': text += "&#93;"; break;
      default: text += c;
    }
  }
  return text;
}

}  // namespace

std::vector<std::string> moses_words(std::string_view sentence, std::string_view language) {
  const Letters letters(language);
  std::u32string text = cleaned(code_points_of(sentence));
  text = with_commas_apart(with_dots_apart(with_marks_apart(text, letters)));
  part_apostrophes(text, letters, language);
  std::vector<std::u32string> words = with_full_stops_apart(words_of(text), letters, language);
  part_last_quote(words);
  std::vector<std::string> result;
  result.reserve(words.size());
  for (const std::u32string& word : words) result.push_back(escaped(word));
  return result;
}

}  // namespace voxlate::translation
