#include "translation/place_holders.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "translation/characters.h"
#include "translation/number_check.h"

namespace voxlate::translation {
namespace {

// 59 and 766 have no common factor: 766 steps give as many different numbers.
constexpr std::size_t kFirstNumber = 231;
constexpr std::size_t kNumbers = 766;
constexpr std::size_t kNumberStep = 59;
constexpr std::size_t kAttemptStep = 97;
constexpr std::size_t kNumberDigits = 3;

/// Round numbers and those with equal digits have a meaning of their own.
bool is_plain_number(const std::string& digits) {
  return digits[0] != digits[1] && digits[1] != digits[2] && digits[0] != digits[2] && digits[1] != '0' &&
         digits[2] != '0' && digits != "365";
}

struct DigitRun {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string digits;
};

std::vector<DigitRun> digit_runs(std::string_view text) {
  std::vector<DigitRun> runs;
  for (std::size_t offset = 0; offset < text.size();) {
    const Character character = first_character(text.substr(offset));
    if (is_digit(character.code)) {
      if (runs.empty() || runs.back().end != offset) runs.push_back({.begin = offset, .end = offset, .digits = {}});
      runs.back().end = offset + character.size;
      runs.back().digits += static_cast<char>('0' + digit_value(character.code));
    }
    offset += character.size;
  }
  return runs;
}

std::vector<PlaceHolderMatch> find_numbers(const std::vector<std::string>& marks, std::string_view text) {
  std::map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i < marks.size(); ++i) known.emplace(marks[i], i);
  const std::vector<DigitRun> runs = digit_runs(text);
  std::vector<PlaceHolderMatch> matches;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::string digits = runs[i].digits;
    std::size_t last = i;
    while (digits.size() < kNumberDigits && last + 1 < runs.size() && runs[last + 1].begin == runs[last].end + 1 &&
           text[runs[last].end] == ' ') {
      digits += runs[++last].digits;
    }
    const auto mark = known.find(digits);
    if (mark == known.end()) continue;
    matches.push_back({.begin = runs[i].begin, .size = runs[last].end - runs[i].begin, .index = mark->second});
    i = last;
  }
  return matches;
}

/// Reads an element from the front of a text.
class ElementReader {
 public:
  explicit ElementReader(std::string_view text) : text_(text) {}

  /// The number of an element `<x id="1"/>`, with its closing tag if there is one. Empty for anything else.
  std::string read_id() {
    if (text_.front() == ' ' || !take_any({"<", "&lt;", "\uFF1C"})) return {};
    if (!take_any({"x", "X", "\u0445", "\u0425"})) return {};
    if (!take_any({"id", "ID", "Id"})) return {};
    if (!take_any({"=", "\uFF1D"})) return {};
    take_quote();
    std::string id = take_digits();
    take_quote();
    take_any({"/", "\uFF0F"});
    if (id.empty() || !take_any({">", "&gt;", "\uFF1E"})) return {};
    const std::size_t end = size_;
    if (!take_any({"</x>", "</X>", "&lt;/x&gt;"})) size_ = end;
    return id;
  }

  std::size_t size() const { return size_; }

 private:
  bool take_any(std::initializer_list<std::string_view> words) {
    while (text_.substr(size_, 1) == " ") ++size_;
    for (const std::string_view word : words) {
      if (text_.substr(size_, word.size()) != word) continue;
      size_ += word.size();
      return true;
    }
    return false;
  }

  void take_quote() {
    while (take_any({"\"", "'", "&quot;", "\u201C", "\u201D", "\u201E", "\u00AB", "\u00BB", "\uFF02", "\\"})) {
    }
  }

  std::string take_digits() {
    std::string digits;
    while (true) {
      const Character character = first_character(text_.substr(size_));
      if (character.size == 0 || !is_digit(character.code)) return digits;
      digits += static_cast<char>('0' + digit_value(character.code));
      size_ += character.size;
    }
  }

  const std::string_view text_;
  std::size_t size_ = 0;
};

std::vector<PlaceHolderMatch> find_elements(const std::vector<std::string>& marks, std::string_view text) {
  std::map<std::string, std::size_t> known;
  for (std::size_t i = 0; i < marks.size(); ++i) known.emplace(digits_of(marks[i]), i);
  std::vector<PlaceHolderMatch> matches;
  for (std::size_t offset = 0; offset < text.size();) {
    ElementReader reader(text.substr(offset));
    const auto mark = known.find(reader.read_id());
    if (mark == known.end()) {
      offset += first_character(text.substr(offset)).size;
      continue;
    }
    matches.push_back({.begin = offset, .size = reader.size(), .index = mark->second});
    offset += reader.size();
  }
  return matches;
}

}  // namespace

std::vector<std::string> make_place_holders(PlaceHolders style, std::size_t count, std::string_view text,
                                            std::size_t attempt) {
  std::vector<std::string> marks;
  if (style == PlaceHolders::kTags) {
    for (std::size_t i = 0; i < count; ++i) marks.push_back(fmt::format("<x id=\"{}\"/>", i + 1 + 100 * attempt));
    return marks;
  }
  const std::string digits = digits_of(text);
  for (std::size_t i = 0; i < kNumbers && marks.size() < count; ++i) {
    std::string mark = std::to_string(kFirstNumber + (i * kNumberStep + attempt * kAttemptStep) % kNumbers);
    if (is_plain_number(mark) && digits.find(mark) == std::string::npos) marks.push_back(std::move(mark));
  }
  return marks;
}

std::vector<PlaceHolderMatch> find_place_holders(PlaceHolders style, const std::vector<std::string>& marks,
                                                 std::string_view translation) {
  if (marks.empty() || style == PlaceHolders::kNone) return {};
  return style == PlaceHolders::kNumbers ? find_numbers(marks, translation) : find_elements(marks, translation);
}

}  // namespace voxlate::translation
