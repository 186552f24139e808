#include "tests/unit/whisper/vocabularies.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>

namespace voxlate::whisper {
namespace {

std::string from_base64(std::string_view text) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int n_bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    bits = bits << 6U | static_cast<std::uint32_t>(kDigits.find(c));
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    bytes += static_cast<char>(bits >> static_cast<unsigned>(n_bits) & 0xFFU);
  }
  return bytes;
}

}  // namespace

std::vector<std::string> small_vocabulary(const std::vector<std::string>& words) {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const std::string& word : words) {
    for (std::size_t size = 2; size <= word.size(); ++size) {
      const std::string start = word.substr(0, size);
      if (std::find(tokens.begin(), tokens.end(), start) == tokens.end()) tokens.push_back(start);
    }
  }
  return tokens;
}

int small_n_vocab(std::size_t n_ordinary, int n_languages) {
  return static_cast<int>(n_ordinary) + n_languages + 8 + Tokenizer::kTimestamps;
}

Tokenizer small_tokenizer(const std::vector<std::string>& words, int n_languages) {
  const std::vector<std::string> tokens = small_vocabulary(words);
  return Tokenizer(tokens, small_n_vocab(tokens.size(), n_languages));
}

std::optional<std::vector<std::string>> openai_vocabulary(std::string_view name) {
  const auto folder = std::filesystem::path(VOXLATE_SOURCE_DIR) / ".." / "shared" / "models" / "whisper_tokenizer";
  std::ifstream file(folder / (std::string(name) + ".tiktoken"));
  if (!file) return std::nullopt;
  std::vector<std::string> tokens;
  std::string token;
  std::size_t rank = 0;
  while (file >> token >> rank) {
    if (rank != tokens.size()) return std::nullopt;
    tokens.push_back(from_base64(token));
  }
  return tokens;
}

}  // namespace voxlate::whisper
