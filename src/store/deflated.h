#pragma once

#include <string>
#include <string_view>

namespace voxlate::store {

/// Text compressed for storage (zlib), the original's size before it as four bytes, lowest first.
/// Throws `kTooLarge` above `kMaxInflatedBytes`.
std::string deflate_text(std::string_view text);

/// Throws `kCorrupt` when the bytes are not what `deflate_text` made.
std::string inflate_text(std::string_view bytes);

inline constexpr std::size_t kMaxInflatedBytes = std::size_t{256} << 20U;

}  // namespace voxlate::store
