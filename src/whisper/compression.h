#pragma once

#include <string_view>

namespace voxlate::whisper {

/// Bytes of `text` over its bytes compressed by zlib at the default level: high (above 2.4) for text that repeats
/// itself. 0 for an empty text. Throws `kOutOfMemory`.
double compression_ratio(std::string_view text);

}  // namespace voxlate::whisper
