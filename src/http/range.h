#pragma once

#include <cstdint>
#include <string_view>

namespace voxlate::http {

/// What a Range header asks of a content of known size.
struct RangeRequest {
  enum class Kind {
    kWhole,          ///< no header, a unit not known, several ranges, or malformed: send all
    kPart,           ///< send `[begin, end)`
    kUnsatisfiable,  ///< nothing of it is there: 416
  };
  Kind kind = Kind::kWhole;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool operator==(const RangeRequest&) const = default;
};

/// Reads one byte range (RFC 9110, 14.1.2): "bytes=0-99", "bytes=100-", "bytes=-100".
RangeRequest parse_range(std::string_view header, std::uint64_t size_bytes);

/// Whether an If-None-Match list names `etag` or is "*" (weak comparison, RFC 9110, 13.1.2).
bool matches_etag(std::string_view list, std::string_view etag);

}  // namespace voxlate::http
