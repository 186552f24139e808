#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace voxlate {

/// Whether `text` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// `text` with every malformed byte replaced by U+FFFD.
std::string repair_utf8(std::string_view text);

/// The longest prefix of at most `max_bytes` bytes that does not split a character.
std::string_view truncate_utf8(std::string_view text, std::size_t max_bytes);

/// A file name for people made safe to be one on disk and in a header: the last path component, control
/// characters, quotes and separators removed, at most `max_bytes` bytes, never empty, "." or "..".
std::string safe_file_name(std::string_view text, std::size_t max_bytes);

}  // namespace voxlate
