#include "accounts/access_tokens.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/hashing.h"
#include "base/ids.h"

namespace voxlate::accounts {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenLength = 43;
constexpr std::string_view kKeyPrefix = "vox_";

}  // namespace

std::string random_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, kTokenLength + 1> text{};
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return text.data();
}

bool is_token(std::string_view text) {
  return text.size() == kTokenLength && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

std::string token_hash(std::string_view token) { return sha256_hex(token); }

bool same_hash(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string write_key(const KeyText& key) { return std::string(kKeyPrefix) + key.id + "_" + key.secret; }

std::optional<KeyText> parse_key(std::string_view text) {
  if (!text.starts_with(kKeyPrefix)) return std::nullopt;
  text.remove_prefix(kKeyPrefix.size());
  const auto end = text.find('_');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view id = text.substr(0, end);
  const std::string_view secret = text.substr(end + 1);
  if (!is_id(id) || !is_token(secret)) return std::nullopt;
  return KeyText{.id = std::string(id), .secret = std::string(secret)};
}

}  // namespace voxlate::accounts
