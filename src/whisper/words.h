#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// A piece of a transcript and the tokens that it was made of.
struct WordTokens {
  std::string text;  ///< UTF-8, whole characters, with the space before it
  std::vector<int> tokens;

  bool operator==(const WordTokens&) const = default;
};

/// Cuts ordinary tokens into words; others are left out. No token is lost: the tokens of all words in a row are
/// those given. `language` is a code of `languages()`.
/// Words begin at a space and at tokens of punctuation alone. In languages written without spaces (zh ja th lo my
/// yue) a word is as few tokens as make whole characters.
/// As `split_to_word_tokens` of OpenAI's tokenizer, but half a character is never cut off, and malformed bytes do
/// not swallow what follows.
std::vector<WordTokens> split_words(const Tokenizer& tokenizer, std::span<const int> tokens, std::string_view language);

/// Joins opening punctuation to the word after it and closing punctuation to the word before it. A word that was
/// joined to another stays as an empty one, so places in `words` stay what they were; the times of the word that it
/// was joined to hold. As `merge_punctuations` of OpenAI's `timing.py`.
void merge_punctuation(std::span<WordTokens> words);

}  // namespace voxlate::whisper
