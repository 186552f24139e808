#include "whisper/words.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace voxlate::whisper {
namespace {

constexpr std::string_view kAsciiPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
constexpr std::string_view kOpening = "\"'“¿([{-";
constexpr std::string_view kClosing = "\"'.。,，!！?？:：”)]}、";

bool is_written_without_spaces(std::string_view language) {
  static constexpr std::array<std::string_view, 6> kLanguages{"zh", "ja", "th", "lo", "my", "yue"};
  return std::find(kLanguages.begin(), kLanguages.end(), language) != kLanguages.end();
}

/// Nothing, one of the marks, or several that stand next to each other in the list: the rule of the source, which
/// takes `word in marks` of two Python strings.
bool is_part_of(std::string_view text, std::string_view marks) { return marks.find(text) != std::string_view::npos; }

/// Without the white space at both ends; `text` is UTF-8.
std::string_view trim(std::string_view text) {
  std::size_t first = text.size();
  std::size_t last_end = 0;
  for (std::size_t end = 0; end < text.size();) {
    const std::size_t begin = end;
    UChar32 c = 0;
    U8_NEXT(text.data(), end, text.size(), c);
    if (u_isUWhiteSpace(c) != 0) continue;
    first = std::min(first, begin);
    last_end = end;
  }
  return text.substr(first, last_end - std::min(first, last_end));
}

/// As few tokens as make whole characters; malformed bytes belong to the piece in which they end.
std::vector<WordTokens> split_characters(const Tokenizer& tokenizer, std::span<const int> tokens) {
  std::string bytes;
  for (const int token : tokens) bytes += tokenizer.token_bytes(token);

  std::vector<WordTokens> pieces;
  std::vector<int> open;
  std::size_t tokens_end = 0;
  std::size_t characters_end = 0;
  for (const int token : tokens) {
    if (token < 0 || token >= tokenizer.eot()) continue;
    open.push_back(token);
    tokens_end += tokenizer.token_bytes(token).size();
    while (characters_end < tokens_end) {
      UChar32 c = 0;
      U8_NEXT(bytes.data(), characters_end, bytes.size(), c);
    }
    if (characters_end > tokens_end) continue;
    pieces.push_back({tokenizer.decode(open), open});
    open.clear();
  }
  return pieces;
}

void append(WordTokens& word, const WordTokens& piece) {
  word.text += piece.text;
  word.tokens.insert(word.tokens.end(), piece.tokens.begin(), piece.tokens.end());
}

}  // namespace

std::vector<WordTokens> split_words(const Tokenizer& tokenizer, std::span<const int> tokens,
                                    std::string_view language) {
  std::vector<WordTokens> pieces = split_characters(tokenizer, tokens);
  if (is_written_without_spaces(language)) return pieces;
  std::vector<WordTokens> words;
  for (WordTokens& piece : pieces) {
    const bool begins_word =
        words.empty() || piece.text.substr(0, 1) == " " || is_part_of(trim(piece.text), kAsciiPunctuation);
    if (begins_word) {
      words.push_back(std::move(piece));
    } else {
      append(words.back(), piece);
    }
  }
  return words;
}

void merge_punctuation(std::span<WordTokens> words) {
  if (words.empty()) return;
  for (std::size_t following = words.size() - 1, i = following; i-- > 0;) {
    WordTokens& word = words[i];
    if (word.text.substr(0, 1) == " " && is_part_of(trim(word.text), kOpening)) {
      append(word, words[following]);
      words[following] = std::exchange(word, {});
    } else {
      following = i;
    }
  }
  for (std::size_t previous = 0, i = 1; i < words.size(); ++i) {
    WordTokens& word = words[i];
    const std::string_view before = words[previous].text;
    const bool ends_with_space = !before.empty() && before.back() == ' ';
    if (!ends_with_space && is_part_of(word.text, kClosing)) {
      append(words[previous], word);
      word = {};
    } else {
      previous = i;
    }
  }
}

}  // namespace voxlate::whisper
