#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::models {

/// An entry of a zip file, honest unless a test makes it lie.
struct ZipItem {
  std::string name;
  std::string content{};
  bool deflate = true;
  std::uint32_t mode = 0100644;  ///< of Unix, with the type
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> method{};
  std::optional<std::uint32_t> claimed_size{};
  std::optional<std::uint32_t> claimed_crc{};
};

namespace zip_writing {

inline void put(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
}

inline std::string deflated(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace zip_writing

/// A zip file of these entries.
inline std::string zip_of(const std::vector<ZipItem>& items) {
  using zip_writing::put;
  std::string bytes;
  std::string directory;
  for (const ZipItem& item : items) {
    const std::string packed = item.deflate ? zip_writing::deflated(item.content) : item.content;
    const auto crc = static_cast<std::uint32_t>(
        crc32(0, reinterpret_cast<const Bytef*>(item.content.data()), static_cast<uInt>(item.content.size())));
    std::string facts;  // what both headers tell
    put(facts, 20, 2);
    put(facts, item.flags, 2);
    put(facts, item.method.value_or(item.deflate ? 8 : 0), 2);
    put(facts, 0x58210000, 4);
    put(facts, item.claimed_crc.value_or(crc), 4);
    put(facts, static_cast<std::uint32_t>(packed.size()), 4);
    put(facts, item.claimed_size.value_or(static_cast<std::uint32_t>(item.content.size())), 4);
    put(facts, static_cast<std::uint32_t>(item.name.size()), 2);
    put(facts, 0, 2);
    directory += "PK\1\2";
    put(directory, 0x0314, 2);  // made on Unix
    directory += facts;
    put(directory, 0, 2 + 2 + 2);
    put(directory, item.mode << 16U, 4);
    put(directory, static_cast<std::uint32_t>(bytes.size()), 4);
    directory += item.name;
    bytes += "PK\3\4" + facts + item.name + packed;
  }
  const auto offset = static_cast<std::uint32_t>(bytes.size());
  bytes += directory + "PK\5\6";
  put(bytes, 0, 4);
  put(bytes, static_cast<std::uint32_t>(items.size()), 2);
  put(bytes, static_cast<std::uint32_t>(items.size()), 2);
  put(bytes, static_cast<std::uint32_t>(directory.size()), 4);
  put(bytes, offset, 4);
  put(bytes, 0, 2);
  return bytes;
}

}  // namespace voxlate::models
