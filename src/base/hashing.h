#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace voxlate {

/// SHA-256 of a stream. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);

  /// 64 lower-case hexadecimal digits; the object starts anew.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA256 (RFC 2104): 32 raw bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// With padding (RFC 4648).
std::string base64(std::string_view bytes);
/// Back again. Throws `kCorrupt` unless it is what `base64` made.
std::string unbase64(std::string_view text);

}  // namespace voxlate
