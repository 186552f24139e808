#include "base/checksum.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>

#include "voxlate/error.h"

namespace voxlate {
namespace {

// CRC-32 of ISO 3309, as gzip and PNG have it, a byte at a time.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xedb8'8320U ^ (value >> 1U) : value >> 1U;
    table[byte] = value;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_crc_table();

}  // namespace

struct Checksum::Hash {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};

  explicit Hash(const EVP_MD* algorithm) {
    if (!context || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) {
      throw Error(ErrorCode::kInternal, "a digest is not available in libcrypto");
    }
  }
};

Checksum::Checksum(ChecksumKind kind) {
  if (kind == ChecksumKind::kSha1) hash_ = std::make_unique<Hash>(EVP_sha1());
  if (kind == ChecksumKind::kSha256) hash_ = std::make_unique<Hash>(EVP_sha256());
}

Checksum::~Checksum() = default;

void Checksum::update(std::string_view bytes) {
  if (hash_) {
    EVP_DigestUpdate(hash_->context.get(), bytes.data(), bytes.size());
    return;
  }
  for (const char c : bytes) crc_ = kCrcTable[(crc_ ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc_ >> 8U);
}

std::string Checksum::finish() {
  if (hash_) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(hash_->context.get(), digest.data(), &size);
    return {digest.begin(), digest.begin() + size};
  }
  const std::uint32_t value = crc_ ^ 0xffff'ffffU;
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU);
  return bytes;
}

}  // namespace voxlate
