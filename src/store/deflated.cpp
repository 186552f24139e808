#include "store/deflated.h"

#include <zlib.h>

#include <cstdint>

#include "voxlate/error.h"

namespace voxlate::store {
namespace {

constexpr std::size_t kSizeBytes = 4;
constexpr int kFast = 1;  // JSON of words and times: a fifth of its size already

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }
Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }

std::size_t read_size(std::string_view bytes) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < kSizeBytes; ++i) {
    size |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return size;
}

}  // namespace

std::string deflate_text(std::string_view text) {
  if (text.size() > kMaxInflatedBytes) {
    throw Error(ErrorCode::kTooLarge, "a stored text has at most " + std::to_string(kMaxInflatedBytes) +
                                          " bytes, got " + std::to_string(text.size()));
  }
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  if (compress2(bytes_of(packed), &size, bytes_of(text), text.size(), kFast) != Z_OK) {
    throw Error(ErrorCode::kOutOfMemory, "no memory to compress a stored text");
  }
  packed.resize(size);
  std::string result;
  for (std::size_t i = 0; i < kSizeBytes; ++i) result += static_cast<char>((text.size() >> (8 * i)) & 0xFFU);
  return result + packed;
}

std::string inflate_text(std::string_view bytes) {
  const auto damaged = [] { return Error(ErrorCode::kCorrupt, "the database holds a damaged compressed text"); };
  if (bytes.size() < kSizeBytes || read_size(bytes) > kMaxInflatedBytes) throw damaged();
  std::string text(read_size(bytes), '\0');
  const std::string_view packed = bytes.substr(kSizeBytes);
  uLongf size = text.size();
  if (uncompress(bytes_of(text), &size, bytes_of(packed), packed.size()) != Z_OK || size != text.size())
    throw damaged();
  return text;
}

}  // namespace voxlate::store
