#include "whisper/compression.h"

#include <zlib.h>

#include <vector>

#include "voxlate/error.h"

namespace voxlate::whisper {

double compression_ratio(std::string_view text) {
  uLongf compressed_bytes = compressBound(text.size());
  std::vector<Bytef> compressed(compressed_bytes);
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  if (compress(compressed.data(), &compressed_bytes, bytes, text.size()) != Z_OK)
    throw Error(ErrorCode::kOutOfMemory, "zlib: no memory to compress a text");
  return static_cast<double>(text.size()) / static_cast<double>(compressed_bytes);
}

}  // namespace voxlate::whisper
