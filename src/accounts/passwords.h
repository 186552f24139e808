#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "accounts/hash_gate.h"

namespace voxlate::accounts {

inline constexpr std::size_t kMinPasswordCharacters = 8;
inline constexpr std::size_t kMaxPasswordCharacters = 128;
inline constexpr std::size_t kMaxPasswordBytes = 512;

/// What is wrong with a new password, as a sentence; nothing when it can be used. Refused are: fewer than
/// `kMinPasswordCharacters` code points, more than `kMaxPasswordCharacters` or `kMaxPasswordBytes`, malformed UTF-8,
/// the user's own name, and the passwords that people use most (see `is_common_password`). Nothing is trimmed, and no
/// kind of character is demanded.
std::optional<std::string> password_fault(std::string_view password, std::string_view user_name);

/// Whether the password, in any case and without digits and marks behind it, is one of the list of some hundred words
/// and key rows that people use most: "Password123!" is. The list is short: it stops what is tried first, not
/// what has leaked somewhere.
bool is_common_password(std::string_view password);

/// Hashes passwords: argon2id with 19456 KiB, two passes, one lane (OWASP), by libsodium. At most two at once, so
/// that they take 40 MB at most; 16 wait, the rest are turned away. Thread-safe.
class PasswordHasher {
 public:
  static constexpr int kAtOnce = 2;
  static constexpr int kMostWaiting = 16;

  PasswordHasher();

  /// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash"; nothing when too many wait.
  std::optional<std::string> hash(std::string_view password);

  enum class Verdict { kRight, kWrong, kBusy };

  /// Takes the same time whatever the hash, if it is one of this class; an empty one is compared with a password that
  /// nobody has.
  Verdict verify(std::string_view password, const std::string& hash);

  /// Whether the hash was made with other parameters than new ones are.
  bool is_outdated(const std::string& hash) const;

 private:
  HashGate gate_{kAtOnce, kMostWaiting};
  const std::string nobodys_;
};

}  // namespace voxlate::accounts
