#include "cache/packed_value.h"

#include <zlib.h>

namespace voxlate::cache {
namespace {

constexpr std::size_t kHeadBytes = 9;
constexpr std::size_t kWorthCompressing = 512;  // below, zlib's tables cost more than the bytes are worth
constexpr int kFast = 1;

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

/// Empty when it does not get smaller by an eighth.
std::string deflated(std::string_view value) {
  uLongf size = compressBound(value.size());
  std::string packed(size, '\0');
  if (compress2(bytes_of(packed), &size, bytes_of(value), value.size(), kFast) != Z_OK) return {};
  if (size > value.size() - value.size() / 8) return {};
  packed.resize(size);
  return packed;
}

}  // namespace

void append_number(std::string& bytes, std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

std::uint64_t read_number(std::string_view bytes, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return number;
}

unsigned crc32_of(std::string_view bytes) { return static_cast<unsigned>(crc32_z(0, bytes_of(bytes), bytes.size())); }

std::string pack_value(std::string_view value, bool compression) {
  const std::string small = compression && value.size() >= kWorthCompressing ? deflated(value) : std::string();
  std::string packed;
  packed.reserve(kHeadBytes + (small.empty() ? value.size() : small.size()));
  packed += small.empty() ? 'r' : 'z';
  append_number(packed, crc32_of(value), 4);
  append_number(packed, value.size(), 4);
  packed += small.empty() ? value : std::string_view(small);
  return packed;
}

std::optional<std::string> unpack_value(std::string_view packed, std::size_t max_bytes) {
  if (packed.size() < kHeadBytes) return std::nullopt;
  const std::uint64_t checksum = read_number(packed.substr(1), 4);
  const std::uint64_t size = read_number(packed.substr(5), 4);
  const std::string_view bytes = packed.substr(kHeadBytes);
  if (size > max_bytes) return std::nullopt;
  std::string value;
  if (packed.front() == 'r' && bytes.size() == size) {
    value = bytes;
  } else if (packed.front() == 'z') {
    value.resize(size);
    uLongf inflated = size;
    uLong used = bytes.size();
    const int result = uncompress2(bytes_of(value), &inflated, bytes_of(bytes), &used);
    if (result != Z_OK || inflated != size || used != bytes.size()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (crc32_of(value) != checksum) return std::nullopt;
  return value;
}

}  // namespace voxlate::cache
