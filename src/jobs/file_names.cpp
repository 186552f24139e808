#include "jobs/file_names.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"

namespace voxlate::jobs {
namespace {

constexpr std::size_t kMaxNameBytes = 200;  // results add to it
constexpr std::string_view kNoName = "download";

/// "%41" decoded; what is no code stays.
std::string decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const bool whole = text[i] == '%' && i + 2 < text.size();
    const char* const digits = text.data() + i + 1;
    if (whole && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

bool is_name(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower_case[i]) return false;
  }
  return true;
}

struct Parameter {
  std::string name;
  std::string value;
};

/// Takes `; name=value` or `; name="value"` off the front.
std::optional<Parameter> take_parameter(std::string_view& text) {
  const auto semicolon = text.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  text.remove_prefix(semicolon + 1);
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Parameter parameter{.name = std::string(trim(text.substr(0, equals))), .value = {}};
  text = trim(text.substr(equals + 1));
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find(';'), text.size());
    parameter.value = trim(text.substr(0, end));
    text.remove_prefix(end);
    return parameter;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    parameter.value += text.front();
    text.remove_prefix(1);
  }
  return parameter;
}

/// "UTF-8'en'na%C3%AFve.mp4" (RFC 8187); empty for other charsets.
std::string decode_extended(std::string_view value) {
  const auto first = value.find('\'');
  if (first == std::string_view::npos || !is_name(value.substr(0, first), "utf-8")) return {};
  const auto second = value.find('\'', first + 1);
  return second == std::string_view::npos ? std::string() : decode_percent(value.substr(second + 1));
}

}  // namespace

std::string disposition_file_name(std::string_view disposition) {
  std::string plain;
  while (const auto parameter = take_parameter(disposition)) {
    if (is_name(parameter->name, "filename*")) {
      std::string extended = decode_extended(parameter->value);
      if (!extended.empty()) return extended;
    }
    if (is_name(parameter->name, "filename") && plain.empty()) plain = parameter->value;
  }
  return plain;
}

std::string url_file_name(std::string_view url) {
  const auto authority = url.find("://");
  if (authority == std::string_view::npos) return {};
  url.remove_prefix(authority + 3);
  url = url.substr(0, url.find_first_of("?#"));
  const auto slash = url.rfind('/');
  return slash == std::string_view::npos ? std::string() : decode_percent(url.substr(slash + 1));
}

std::string safe_source_name(std::string_view name) {
  return safe_file_name(name.empty() ? kNoName : name, kMaxNameBytes);
}

}  // namespace voxlate::jobs
