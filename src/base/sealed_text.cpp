#include "base/sealed_text.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <memory>

#include "base/hashing.h"
#include "voxlate/error.h"

// sealed = nonce text tag; the nonce has 12 bytes, the tag 16.

namespace voxlate {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void require(bool done) {
  if (!done) throw Error(ErrorCode::kInternal, "AES-256-GCM is not available in libcrypto");
}

std::string key_of(std::string_view secret) { return hmac_sha256(secret, "voxlate sealed text"); }

}  // namespace

std::string seal_text(std::string_view secret, std::string_view text) {
  const std::string key = key_of(secret);
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  if (::getrandom(sealed.data(), kNonceBytes, 0) != static_cast<ssize_t>(kNonceBytes)) {
    throw Error(ErrorCode::kInternal, "the system gives no random numbers");
  }
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  unsigned char* const out = bytes_of(sealed) + kNonceBytes;
  require(context != nullptr);
  require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key)),
                             bytes_of(std::string_view(sealed))) == 1);
  require(EVP_EncryptUpdate(context.get(), out, &size, bytes_of(text), static_cast<int>(text.size())) == 1);
  require(EVP_EncryptFinal_ex(context.get(), out + size, &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), out + text.size()) ==
          1);
  return sealed;
}

std::optional<std::string> unseal_text(std::string_view secret, std::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string key = key_of(secret);
  const std::string_view body = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string text(body.size(), '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  require(context != nullptr);
  require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(std::string_view(key)),
                             bytes_of(sealed)) == 1);
  require(EVP_DecryptUpdate(context.get(), bytes_of(text), &size, bytes_of(body), static_cast<int>(body.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context.get(), bytes_of(text) + size, &size) != 1) return std::nullopt;
  return text;
}

}  // namespace voxlate
