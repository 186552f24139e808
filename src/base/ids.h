#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voxlate {

/// 128 random bits from the kernel as 26 characters of lower-case base32 (RFC 4648, no padding):
/// safe in paths and URLs, not guessable.
std::string random_id();

/// Raw ones from the kernel, at most 256.
std::string random_bytes(std::size_t count);

/// Whether `text` has the form of `random_id()`; checked before a client's id touches a path.
bool is_id(std::string_view text);

}  // namespace voxlate
