#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voxlate::cache {

/// A value as it leaves the process: compressed (zlib) where that makes it smaller, and with a checksum, so that what
/// was damaged or written by others is told from what was put.
///
///   packed  = kind checksum size bytes
///   kind    = 'r' (raw) | 'z' (zlib)
///   checksum: CRC-32 of the value, size: of the value; four bytes each, the lowest first
std::string pack_value(std::string_view value, bool compression);

/// Nothing when the bytes are not what `pack_value` made of a value of at most `max_bytes`.
std::optional<std::string> unpack_value(std::string_view packed, std::size_t max_bytes);

/// Of the value, before it is unpacked: values are at most so large in any cache outside of the process.
inline constexpr std::size_t kMaxPackedValueBytes = std::size_t{64} << 20U;

/// Little-endian numbers in such formats.
void append_number(std::string& bytes, std::uint64_t number, std::size_t width);
std::uint64_t read_number(std::string_view bytes, std::size_t width);

unsigned crc32_of(std::string_view bytes);

}  // namespace voxlate::cache
