#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voxlate {

/// Text that nobody reads or changes without the secret it was sealed with: AES-256-GCM (NIST SP 800-38D) under a key
/// derived from the secret by HMAC-SHA256, behind a random nonce. The secret has to be one that cannot be guessed.
std::string seal_text(std::string_view secret, std::string_view text);

/// Nothing when it was sealed with another secret, or changed.
std::optional<std::string> unseal_text(std::string_view secret, std::string_view sealed);

}  // namespace voxlate
