#include "translation/number_check.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "translation/characters.h"

namespace voxlate::translation {
namespace {

constexpr char32_t kNoBreakSpace = 0xA0;

struct Number {
  std::string written;
  std::vector<std::string> readings;  ///< "1000" and "1.0" for "1.000"
};

bool is_separator(char32_t c) {
  return c == '.' || c == ',' || c == '\'' || c == 0x2019 || c == 0x66B || c == 0x66C || c == kNoBreakSpace ||
         c == 0x202F || c == 0x2009 || c == 0xFF0E || c == 0xFF0C;
}

std::string without_leading_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : std::string(digits.substr(first));
}

/// Whether the groups can be those of one large number: "1.000.000", and "10,00,000" as in India.
bool is_grouped(const std::vector<std::string>& groups) {
  if (groups.size() < 2 || groups.front().size() > 3 || groups.back().size() != 3) return false;
  return std::all_of(groups.begin() + 1, groups.end() - 1,
                     [](const std::string& group) { return group.size() == 2 || group.size() == 3; });
}

std::vector<std::string> readings_of(const std::vector<std::string>& groups) {
  std::string all;
  for (const std::string& group : groups) all += group;
  if (groups.size() == 1) return {without_leading_zeros(all)};
  std::vector<std::string> readings;
  if (is_grouped(groups)) readings.push_back(without_leading_zeros(all));
  const std::vector<std::string> front(groups.begin(), groups.end() - 1);
  if (front.size() == 1 || is_grouped(front)) {
    const std::string& fraction = groups.back();
    const std::size_t last = fraction.find_last_not_of('0');
    const std::string whole = without_leading_zeros(all.substr(0, all.size() - fraction.size()));
    readings.push_back(last == std::string::npos ? whole : whole + "." + fraction.substr(0, last + 1));
  }
  if (!readings.empty()) return readings;
  std::string dotted;
  for (const std::string& group : groups) dotted += without_leading_zeros(group) + ".";
  return {dotted};
}

/// The number at the front of `text`, which begins with a digit; takes it away.
Number take_number(std::string_view& text) {
  const std::string_view whole = text;
  std::vector<std::string> groups(1);
  while (!text.empty()) {
    const Character character = first_character(text);
    if (is_digit(character.code)) {
      groups.back() += static_cast<char>('0' + digit_value(character.code));
    } else if (is_separator(character.code) && is_digit(first_character(text.substr(character.size)).code)) {
      groups.emplace_back();
    } else {
      break;
    }
    text.remove_prefix(character.size);
  }
  return {.written = std::string(whole.substr(0, whole.size() - text.size())), .readings = readings_of(groups)};
}

std::vector<Number> numbers_of(std::string_view text) {
  std::vector<Number> numbers;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (is_digit(character.code)) {
      numbers.push_back(take_number(text));
    } else {
      text.remove_prefix(character.size);
    }
  }
  return numbers;
}

/// `text` with a no-break space for a blank between digits when three follow: "1 000".
std::string with_joined_groups(std::string_view text) {
  std::string joined;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) {
      return at < text.size() && is_digit(first_character(text.substr(at)).code);
    };
    const bool is_gap = text[i] == ' ' && i > 0 && is_digit(last_character(text.substr(0, i)).code) && digit(i + 1);
    const std::string_view next = text.substr(i + 1, is_gap ? std::string_view::npos : 0);
    std::size_t digits = 0;
    for (std::string_view rest = next; !rest.empty() && digits < 4; ++digits) {
      const Character character = first_character(rest);
      if (!is_digit(character.code)) break;
      rest.remove_prefix(character.size);
    }
    joined += is_gap && digits == 3 ? std::string_view("\xC2\xA0") : text.substr(i, 1);
  }
  return joined;
}

std::vector<std::string> missing(std::string_view source, std::string_view translation) {
  std::vector<Number> there = numbers_of(translation);
  std::vector<std::string> missing;
  for (const Number& number : numbers_of(source)) {
    const auto is_same = [&](const Number& other) {
      return std::find_first_of(number.readings.begin(), number.readings.end(), other.readings.begin(),
                                other.readings.end()) != number.readings.end();
    };
    const auto same = std::find_if(there.begin(), there.end(), is_same);
    if (same == there.end()) {
      missing.push_back(number.written);
    } else {
      there.erase(same);
    }
  }
  return missing;
}

}  // namespace

std::vector<std::string> missing_numbers(std::string_view source, std::string_view translation) {
  std::vector<std::string> least = missing(source, translation);
  if (least.empty()) return least;
  const std::string joined_source = with_joined_groups(source);
  const std::string joined_translation = with_joined_groups(translation);
  for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{source, joined_translation},
                                 {joined_source, translation},
                                 {joined_source, joined_translation}}) {
    std::vector<std::string> other = missing(from, to);
    if (other.size() < least.size()) least = std::move(other);
  }
  return least;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (is_digit(character.code)) digits += static_cast<char>('0' + digit_value(character.code));
    text.remove_prefix(character.size);
  }
  return digits;
}

}  // namespace voxlate::translation
