#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voxlate::accounts {

/// 256 random bits from the kernel as 43 characters of base64url.
std::string random_token();
bool is_token(std::string_view text);

/// What is stored of a token: SHA-256, 64 hexadecimal digits. Enough, since nobody can guess 256 bits.
std::string token_hash(std::string_view token);

/// Compares without telling by its time where they differ.
bool same_hash(std::string_view a, std::string_view b);

/// "vox_<id>_<secret>", as programs send it.
struct KeyText {
  std::string id;
  std::string secret;
};
std::string write_key(const KeyText& key);
std::optional<KeyText> parse_key(std::string_view text);

}  // namespace voxlate::accounts
