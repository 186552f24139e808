#include "config/setting_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "voxlate/error.h"

namespace voxlate::config {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50U;

template <typename Integer>
Integer parse_integer(std::string_view text, Integer low, Integer high) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    expected(fmt::format("a whole number from {} to {}", low, high), text);
  }
  return value;
}

std::uint64_t parse_bytes(std::string_view text) {
  unsigned shift = 0;
  std::string_view digits = text;
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'K': shift = 10; break;
      case 'M': shift = 20; break;
      case 'G': shift = 30; break;
      case 'T': shift = 40; break;
      default: break;
    }
  }
  if (shift != 0) digits.remove_suffix(1);
  return parse_integer<std::uint64_t>(digits, 0, kMaxBytes >> shift) << shift;
}

double parse_fraction(std::string_view text, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(value >= low && value <= high)) expected(fmt::format("a number from {} to {}", low, high), text);
  return value;
}

double parse_percent(std::string_view text, double low, double high) {
  const std::string_view digits = text.ends_with('%') ? text.substr(0, text.size() - 1) : text;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (value <= 1) value *= 100;
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!whole || !(value >= low && value <= high)) {
    expected(fmt::format("a percentage from {} to {}, or the same as a fraction of 1", low, high), text);
  }
  return value;
}

bool parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text != "false") expected("true or false", text);
  return false;
}

std::string parse_device(std::string_view text) {
  constexpr std::string_view kNumbered = "cuda:";
  constexpr int kMaxIndex = 63;
  if (text.starts_with(kNumbered)) {
    parse_int(text.substr(kNumbered.size()), 0, kMaxIndex);
  } else if (text != "auto" && text != "cpu" && text != "cuda") {
    expected("auto, cpu, cuda or a device such as cuda:1", text);
  }
  return std::string(text);
}

}  // namespace

void expected(std::string_view what, std::string_view got) {
  throw Error(ErrorCode::kInvalidInput, fmt::format("expected {}, got \"{}\"", what, got));
}

int parse_int(std::string_view text, int low, int high) { return parse_integer<int>(text, low, high); }

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find_first_of(", "), text.size());
    if (comma > 0) items.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string show(Profile value) { return std::string(to_string(value)); }
std::string show(bool value) { return value ? "true" : "false"; }
std::string show(int value) { return std::to_string(value); }
std::string show(std::uint64_t value) { return std::to_string(value); }
std::string show(double value) { return fmt::format("{}", value); }
std::string show(const std::string& value) { return value; }
std::string show(const std::filesystem::path& value) { return value.string(); }
std::string show(const std::vector<std::string>& values) { return fmt::format("{}", fmt::join(values, ",")); }
std::string show(const std::vector<int>& values) { return fmt::format("{}", fmt::join(values, ",")); }

SettingValue bytes(std::uint64_t Config::*member) { return parsed(member, parse_bytes); }

SettingValue fraction(double Config::*member, double low, double high) {
  return parsed(member, [low, high](std::string_view text) { return parse_fraction(text, low, high); });
}

SettingValue percent(double Config::*member, double low, double high) {
  return parsed(member, [low, high](std::string_view text) { return parse_percent(text, low, high); });
}

SettingValue flag(bool Config::*member) { return parsed(member, parse_bool); }

SettingValue choice(std::string Config::*member, std::initializer_list<std::string_view> choices) {
  return parsed(member, [known = std::vector(choices)](std::string_view text) {
    if (std::find(known.begin(), known.end(), text) == known.end())
      expected(fmt::format("one of {}", fmt::join(known, ", ")), text);
    return std::string(text);
  });
}

SettingValue list(std::vector<std::string> Config::*member) { return parsed(member, parse_list); }

SettingValue device(std::string Config::*member) { return parsed(member, parse_device); }

}  // namespace voxlate::config
