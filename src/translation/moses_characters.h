#pragma once

#include <unicode/uchar.h>

#include <string>
#include <string_view>

/// What Moses' rules call letters and numbers, and texts as the code points that these rules look at.
namespace voxlate::translation {

std::u32string code_points_of(std::string_view utf8);
std::string utf8_of(std::u32string_view text);

void replace_all(std::u32string& text, std::u32string_view from, std::u32string_view to);

bool is_blank(char32_t c);
bool is_number(char32_t c);  ///< of any script, fractions and circled ones too
bool is_lower(char32_t c);
bool is_upper(char32_t c);

/// Whether no space goes between two such characters: ideographs, kana, Hangul, and the marks that are as wide.
bool is_east_asian(char32_t c);

/// The letters of words. Ideographs and Hangul syllables are letters where the text is in a language that is written
/// with them; in others each is a word.
class Letters {
 public:
  explicit Letters(std::string_view language);

  bool is_letter(char32_t c) const;
  bool is_letter_or_digit(char32_t c) const;

 private:
  bool has_han_;
  bool has_kana_;
  bool has_hangul_;
};

}  // namespace voxlate::translation
