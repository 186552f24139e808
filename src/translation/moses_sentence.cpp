#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "translation/moses_characters.h"
#include "translation/moses_words.h"

namespace voxlate::translation {
namespace {

/// What an escape at the begin of `text` stands for, and its length; 0 when there is none.
std::pair<char, std::size_t> unescaped(std::string_view text) {
  struct Escape {
    std::string_view name;
    char character;
  };
  static constexpr std::array kEscapes = std::to_array<Escape>({{"&amp;", '&'},
                                                                {"&#124;", '|'},
                                                                {"&lt;", '<'},
                                                                {"&gt;", '>'},
                                                                {"&apos;", '\''},
                                                                {"&quot;", '"'},
                                                                {"&#91;", '['},
                                                                {"&#93;", ']'},
                                                                {"&bar;", '|'},  // as older versions wrote them
                                                                {"&bra;", '['},
                                                                {"&ket;", ']'}});
  for (const Escape& escape : kEscapes) {
    if (text.starts_with(escape.name)) return {escape.character, escape.name.size()};
  }
  return {'\0', 0};
}

std::string unescaped_word(std::string_view word) {
  std::string text;
  for (std::size_t i = 0; i < word.size();) {
    const auto [character, size] = word[i] == '&' ? unescaped(word.substr(i)) : std::pair<char, std::size_t>();
    text += size > 0 ? character : word[i];
    i += std::max<std::size_t>(size, 1);
  }
  return text;
}

bool all_of(std::u32string_view word, std::u32string_view characters) {
  return word.find_first_not_of(characters) == std::u32string_view::npos;
}

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

/// Marks over letters, which the scripts cut out of words as of Thai.
bool is_combining(char32_t c) { return u_charType(static_cast<UChar32>(c)) == U_NON_SPACING_MARK; }

bool is_one_script(char32_t a, char32_t b) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(a), &status);
  return script == USCRIPT_INHERITED || script == uscript_getScript(static_cast<UChar32>(b), &status);
}

bool is_number_word(std::u32string_view word) { return all_of(word, U"0123456789"); }

/// Joins words one by one; what a word is decides about the spaces around it.
class Sentence {
 public:
  Sentence(std::vector<std::u32string> words, std::string_view language)
      : words_(std::move(words)), language_(language), letters_(language) {}

  std::string joined() {
    for (at_ = 0; at_ < words_.size(); ++at_) add(words_[at_]);
    return utf8_of(text_);
  }

 private:
  bool is_letter(char32_t c) const { return letters_.is_letter(c); }
  const std::u32string& before() const { return words_[at_ - 1]; }
  bool has_before() const { return at_ > 0; }
  bool has_behind(std::size_t count = 1) const { return at_ + count < words_.size(); }
  const std::u32string& behind(std::size_t count = 1) const { return words_[at_ + count]; }
  bool is_language(std::string_view a, std::string_view b = "", std::string_view c = "") const {
    return language_ == a || language_ == b || language_ == c;
  }

  void add(const std::u32string& word) {
    if (is_east_asian(word.front()) && !is_language("ko")) {
      append(word, /*to_left=*/has_before() && is_east_asian(before().back()), /*to_right=*/false);
    } else if (opens(word)) {
      append(word, /*to_left=*/false, /*to_right=*/!is_amount());
    } else if (is_combining(word.front()) && has_before()) {
      append(word, /*to_left=*/true, /*to_right=*/has_behind() && is_one_script(before().back(), behind().front()));
    } else if (binds(word)) {
      append(word, /*to_left=*/true, /*to_right=*/true);
    } else if (all_of(word, U",.?!:;\\%}])")) {
      const bool has_space = is_language("fr") && word.size() == 1 && all_of(word, U"?!:;\\%");
      append(word, /*to_left=*/!has_space, /*to_right=*/false);
    } else if (is_contraction(word) || is_decimal(word) || is_end_of_compound(word)) {
      append(word, /*to_left=*/true, /*to_right=*/false);
    } else if (is_elision(word) || word == U"#" || word == U"@") {
      append(word, /*to_left=*/false, /*to_right=*/true);
    } else if (has_czech_suffix(word)) {
      append(word + behind(), /*to_left=*/false, /*to_right=*/true);
      ++at_;
    } else if (all_of(word, U"'\"\u201E\u201C\u201D`\u00AB\u00BB")) {
      add_quote(word);
    } else {
      if (at_ == 0 && word.front() == U'\'') is_open_[U"'"] = true;  // which the first word keeps
      append(word, /*to_left=*/false, /*to_right=*/false);
    }
  }

  void append(const std::u32string& word, bool to_left, bool to_right) {
    if (!text_.empty() && !to_left && !glues_) text_ += U' ';
    text_ += word;
    glues_ = to_right;
  }

  /// Currencies and brackets, what opens a question in Spanish.
  static bool opens(const std::u32string& word) {
    return std::all_of(word.begin(), word.end(), [](char32_t c) {
      return u_charType(static_cast<UChar32>(c)) == U_CURRENCY_SYMBOL || all_of({&c, 1}, U"([{\u00BF\u00A1");
    });
  }

  /// "5" "€": what is behind is another word.
  bool is_amount() const {
    return has_before() && is_digit(before().back()) && has_behind() && !is_digit(behind().front());
  }

  /// Times and scores ("15" ":" "00"), what slashes part, and apostrophes of languages that cut them out ("L" "'"
  /// "Oréal").
  bool binds(const std::u32string& word) const {
    if (!has_before() || !has_behind()) return false;
    if (word == U":") return is_digit(before().back()) && is_digit(behind().front());
    if (word == U"/") return true;
    if (word != U"'" || is_language("en") || !is_letter(before().back()) || !is_letter(behind().front())) return false;
    return behind() == U"s" || (!is_open(word) && std::count(words_.begin(), words_.end(), word) % 2 == 1);
  }

  /// German: "\"Tagesschau\"" "-Sprecherin".
  bool is_end_of_compound(const std::u32string& word) const {
    return has_before() && word.size() > 1 && word[0] == U'-' && is_letter(word[1]) && all_of(before(), U"\"')");
  }

  /// English: "don" "'t".
  bool is_contraction(const std::u32string& word) const {
    return is_language("en") && has_before() && word.size() > 1 && word[0] == U'\'' && is_letter(word[1]);
  }

  /// Czech: "3" "," "5".
  bool is_decimal(const std::u32string& word) const {
    return is_language("cs") && at_ > 1 && is_number_word(words_[at_ - 2]) && before().size() == 1 &&
           all_of(before(), U".,") && is_number_word(word);
  }

  /// French, Italian, Irish: "l'" "eau".
  bool is_elision(const std::u32string& word) const {
    return is_language("fr", "it", "ga") && has_behind() && word.size() > 1 && word.back() == U'\'' &&
           is_letter(word[word.size() - 2]) && is_letter(behind().front());
  }

  /// Czech: "je" "-" "li", "e" "-" "mail".
  bool has_czech_suffix(const std::u32string& word) const {
    return is_language("cs") && has_behind(2) && is_letter(word.back()) && behind().size() == 1 &&
           all_of(behind(), U"-\u2013") && (behind(2) == U"li" || behind(2).starts_with(U"mail"));
  }

  /// Quotes of a kind open and close in turns; one that has nothing to open closes what began in an earlier sentence.
  void add_quote(const std::u32string& word) {
    const bool is_guillemet = all_of(word, U"\u00AB\u00BB");
    if (is_guillemet && is_language("fr")) return append(word, /*to_left=*/false, /*to_right=*/false);
    const bool is_double = all_of(word, U"\u201E\u201C\u201D");
    bool& is_open = is_open_[is_guillemet ? U"\u00AB" : is_double ? U"\"" : word];
    if (is_language("cs") && word == U"\u201E") is_open = false;
    if (is_language("cs") && word == U"\u201C") is_open = true;
    // English: "the Jones' house".
    const bool is_possessive = is_language("en") && word == U"'" && has_before() && before().back() == U's';
    const bool has_nothing = has_before() && (!has_behind() || all_of(behind(), U",.;:!?)"));
    const bool opens = !is_open && !is_possessive && !has_nothing;
    append(word, /*to_left=*/!opens, /*to_right=*/opens);
    is_open = opens;
  }

  bool is_open(const std::u32string& quote) const {
    const auto found = is_open_.find(quote);
    return found != is_open_.end() && found->second;
  }

  std::vector<std::u32string> words_;
  std::string_view language_;
  Letters letters_;
  std::size_t at_ = 0;
  std::u32string text_;
  bool glues_ = false;  // no space before the next word
  std::map<std::u32string, bool> is_open_;
};

}  // namespace

std::string sentence_of_moses_words(std::span<const std::string> words, std::string_view language) {
  std::vector<std::u32string> unescaped_words;
  bool glues = false;
  for (const std::string& word : words) {
    // A hyphen that was cut out of a word.
    if (word == "@-@" && !unescaped_words.empty()) {
      unescaped_words.back() += U'-';
      glues = true;
      continue;
    }
    const std::u32string text = code_points_of(unescaped_word(word));
    if (text.empty()) continue;
    if (glues) {
      unescaped_words.back() += text;
    } else {
      unescaped_words.push_back(text);
    }
    glues = false;
  }
  return Sentence(std::move(unescaped_words), language).joined();
}

}  // namespace voxlate::translation
