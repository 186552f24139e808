#include "model_file/tiktoken.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

constexpr std::size_t kMaxTokens = 65535;
constexpr std::size_t kMaxLineBytes = 2048;

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // OpenAI's multilingual vocabulary has one empty token, written as a lone '='.
  if (text == "=") return "";
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  std::string bytes;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char letter : text) {
    const std::size_t digit = kDigits.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>((bits >> static_cast<unsigned>(bit_count)) & 255U);
    }
  }
  return bytes;
}

}  // namespace

std::vector<std::string> parse_tiktoken(std::string_view text, std::string_view file_name) {
  std::vector<std::string> tokens;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string rank = fmt::format(" {}", tokens.size());
    auto token = line.size() > kMaxLineBytes ? std::nullopt : decode_base64(line.substr(0, space));
    if (!token || line.substr(space) != rank || tokens.size() == kMaxTokens) {
      refuse(ErrorCode::kCorrupt, file_name, begin,
             fmt::format("expected a line of at most {} bytes, a token in base64 and its rank{}, got \"{}\"",
                         kMaxLineBytes, rank, printable(line)));
    }
    tokens.push_back(std::move(*token));
    begin = end + 1;
  }
  if (tokens.empty()) refuse(ErrorCode::kCorrupt, file_name, 0, "expected tokens, got none");
  return tokens;
}

}  // namespace voxlate::model_file
