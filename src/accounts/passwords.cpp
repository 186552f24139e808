#include "accounts/passwords.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "accounts/access_tokens.h"
#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::accounts {
namespace {

constexpr std::size_t kMemoryBytes = std::size_t{19456} * 1024;
constexpr unsigned long long kPasses = 2;

std::string hash_now(std::string_view password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw Error(ErrorCode::kOutOfMemory, "no memory to hash a password");
  }
  return text.data();
}

std::string hash_of_nobody() {
  if (sodium_init() < 0) throw Error(ErrorCode::kInternal, "libsodium cannot be used: no random bytes");
  return hash_now(random_token());
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::optional<std::string> password_fault(std::string_view password, std::string_view user_name) {
  if (!is_utf8(password)) return "Expected UTF-8.";
  const std::size_t length = characters(password);
  if (length < kMinPasswordCharacters || length > kMaxPasswordCharacters || password.size() > kMaxPasswordBytes) {
    return "Expected " + std::to_string(kMinPasswordCharacters) + " to " + std::to_string(kMaxPasswordCharacters) +
           " characters, at most " + std::to_string(kMaxPasswordBytes) + " bytes; got " + std::to_string(length) + ".";
  }
  if (password == user_name) return "The password must not be the user name.";
  if (is_common_password(password)) return "This password is one of those that are tried first; choose another.";
  return std::nullopt;
}

PasswordHasher::PasswordHasher() : nobodys_(hash_of_nobody()) {}

std::optional<std::string> PasswordHasher::hash(std::string_view password) {
  const auto place = gate_.enter();
  if (!place) return std::nullopt;
  return hash_now(password);
}

PasswordHasher::Verdict PasswordHasher::verify(std::string_view password, const std::string& hash) {
  const auto place = gate_.enter();
  if (!place) return Verdict::kBusy;
  const std::string& compared = hash.empty() ? nobodys_ : hash;
  const bool same = crypto_pwhash_str_verify(compared.c_str(), password.data(), password.size()) == 0;
  return same && !hash.empty() ? Verdict::kRight : Verdict::kWrong;
}

bool PasswordHasher::is_outdated(const std::string& hash) const {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), kPasses, kMemoryBytes) != 0;
}

}  // namespace voxlate::accounts
