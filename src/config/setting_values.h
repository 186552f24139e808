#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

/// What the rows of the sections are made of: values of the usual kinds, each of a member of `Config`. All that read
/// text throw `kInvalidInput` saying what was expected.
namespace voxlate::config {

[[noreturn]] void expected(std::string_view what, std::string_view got);

int parse_int(std::string_view text, int low, int high);

/// What is between commas and spaces.
std::vector<std::string> parse_list(std::string_view text);

std::string show(Profile value);
std::string show(bool value);
std::string show(int value);
std::string show(std::uint64_t value);
std::string show(double value);
std::string show(const std::string& value);
std::string show(const std::filesystem::path& value);
std::string show(const std::vector<std::string>& values);
std::string show(const std::vector<int>& values);
template <typename Rep, typename Period>
std::string show(std::chrono::duration<Rep, Period> value) {
  return std::to_string(value.count());
}

/// Whatever `parse` makes of the text.
template <typename Member, typename Parse>
SettingValue parsed(Member Config::*member, Parse parse) {
  return {.set = [member, parse](Config& config, std::string_view text) { config.*member = parse(text); },
          .show = [member](const Config& config) { return show(config.*member); }};
}

/// A whole number in that range, of a number or of the unit of a duration.
template <typename Member>
SettingValue whole(Member Config::*member, int low, int high) {
  return parsed(member, [low, high](std::string_view text) { return Member(parse_int(text, low, high)); });
}

/// Any text: a name, a path.
template <typename Member>
SettingValue plain(Member Config::*member) {
  return parsed(member, [](std::string_view text) { return Member(text); });
}

/// "1073741824", "512M", "2G": binary multiples.
SettingValue bytes(std::uint64_t Config::*member);

SettingValue fraction(double Config::*member, double low, double high);

/// "85", "85%" or "0.85".
SettingValue percent(double Config::*member, double low, double high);

/// true or false.
SettingValue flag(bool Config::*member);

SettingValue choice(std::string Config::*member, std::initializer_list<std::string_view> choices);

SettingValue list(std::vector<std::string> Config::*member);

/// "auto", "cpu", "cuda", "cuda:1".
SettingValue device(std::string Config::*member);

}  // namespace voxlate::config
