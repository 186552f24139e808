#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace voxlate {

enum class ChecksumKind { kSha1, kSha256, kCrc32 };

/// A digest of a stream, to notice damage on the way; SHA-1 and CRC-32 do not protect from intent. Not thread-safe.
class Checksum {
 public:
  explicit Checksum(ChecksumKind kind);
  ~Checksum();
  Checksum(const Checksum&) = delete;
  Checksum& operator=(const Checksum&) = delete;

  void update(std::string_view bytes);

  /// The digest as bytes, the most significant first; called once.
  std::string finish();

 private:
  struct Hash;
  std::unique_ptr<Hash> hash_;  ///< null for CRC-32
  unsigned crc_ = 0xffff'ffffU;
};

}  // namespace voxlate
