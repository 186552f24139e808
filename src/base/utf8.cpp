#include "base/utf8.h"

#include <cstdint>

namespace voxlate {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

/// Bytes of the well-formed character at the front of `text`, 0 when there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;  // no surrogates
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_unsafe_in_name(std::string_view character) {
  if (character.size() == 1) {
    const char c = character[0];
    return static_cast<std::uint8_t>(c) < 0x20 || c == 0x7F || c == '"' || c == '\\' || c == '/' || c == ':' ||
           c == '*' || c == '?' || c == '<' || c == '>' || c == '|';
  }
  // C1 controls, line and paragraph separators, and the marks that reorder text.
  return character == "\xC2\x85" || character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9" ||
         (character.substr(0, 2) == "\xE2\x80" && (character[2] >= '\xAA' && character[2] <= '\xAE'));
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    repaired += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return repaired;
}

std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

std::string safe_file_name(std::string_view text, std::size_t max_bytes) {
  const std::string repaired = repair_utf8(text);
  std::string_view rest = repaired;
  if (const std::size_t slash = rest.find_last_of("/\\"); slash != std::string_view::npos)
    rest.remove_prefix(slash + 1);
  std::string name;
  while (!rest.empty()) {
    const std::string_view character = rest.substr(0, character_length(rest));
    if (!is_unsafe_in_name(character)) name += character;
    rest.remove_prefix(character.size());
  }
  name = truncate_utf8(name, max_bytes);
  const std::size_t first = name.find_first_not_of(" .");
  if (first == std::string::npos) return "media";
  const std::size_t last = name.find_last_not_of(" .");
  return name.substr(first, last - first + 1);
}

}  // namespace voxlate
