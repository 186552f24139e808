#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voxlate::translation {

/// A code point of a UTF-8 text; U+FFFD for malformed bytes, whose size is right all the same. Size 0: no text.
struct Character {
  char32_t code = 0;
  std::size_t size = 0;  ///< bytes
};

Character first_character(std::string_view text);
Character last_character(std::string_view text);

bool is_letter(char32_t c);
bool is_upper_letter(char32_t c);
bool is_digit(char32_t c);
bool is_letter_or_digit(char32_t c);

/// 0 to 9 for the decimal digits of all scripts, else -1.
int digit_value(char32_t c);

/// Characters of scripts that are written without spaces, and their punctuation: Chinese and Japanese.
bool is_unspaced(char32_t c);

/// The same, and the letters of Thai, Lao, Khmer and Burmese, which have spaces between phrases, but not words.
bool is_of_unspaced_words(char32_t c);

/// Simple case folding.
char32_t folded(char32_t c);

bool has_letter(std::string_view text);
bool has_letter_or_digit(std::string_view text);

/// `text` with its first letter in upper case.
std::string capitalised(std::string_view text);

}  // namespace voxlate::translation
