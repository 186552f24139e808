#include "accounts/names.h"

#include <algorithm>

#include "base/utf8.h"

namespace voxlate::accounts {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::optional<std::string> user_name_fault(std::string_view name) {
  const bool usable =
      !name.empty() && name.size() <= kMaxUserNameBytes && is_letter_or_digit(name.front()) &&
      std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
  if (usable) return std::nullopt;
  return "Expected 1 to " + std::to_string(kMaxUserNameBytes) +
         " letters a to z, digits, \".\", \"-\" or \"_\", beginning with a letter or digit.";
}

std::optional<std::string> email_fault(std::string_view email) {
  const auto at = email.find('@');
  const bool usable =
      email.empty() || (email.size() <= kMaxEmailBytes && is_utf8(email) && !has_controls(email) &&
                        email.find(' ') == std::string_view::npos && at != std::string_view::npos && at > 0 &&
                        at + 1 < email.size() && email.find('@', at + 1) == std::string_view::npos);
  if (usable) return std::nullopt;
  return "Expected an e-mail address of at most " + std::to_string(kMaxEmailBytes) + " bytes, or nothing.";
}

std::optional<std::string> label_fault(std::string_view label) {
  const bool usable = !label.empty() && label.size() <= kMaxLabelBytes && is_utf8(label) && !has_controls(label);
  if (usable) return std::nullopt;
  return "Expected 1 to " + std::to_string(kMaxLabelBytes) + " bytes of text in one line.";
}

}  // namespace voxlate::accounts
