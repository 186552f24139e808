#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/problem.h"

namespace voxlate::http {

inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;
inline constexpr std::size_t kMaxLineBytes = 8 * 1024;
inline constexpr std::size_t kMaxHeaders = 100;

struct Header {
  std::string name;   ///< lower case
  std::string value;  ///< without surrounding white space; may hold bytes above 0x7f
};

/// A checked request line and its headers. What is in here has one meaning only: nothing that two
/// servers could read in two ways gets this far.
struct RequestHead {
  std::string method;  ///< GET HEAD POST PUT PATCH DELETE OPTIONS
  std::string target;  ///< origin form: "/path?query", visible ASCII
  int minor_version = 1;
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expect_continue = false;

  /// The first header of this (lower-case) name; empty when there is none.
  std::string_view value(std::string_view name) const;
  bool has(std::string_view name) const;

  /// Takes away what only a proxy may say: Forwarded, X-Forwarded-* and X-Real-IP.
  void drop_forwarded();
};

/// Looks for the end of a head that comes in pieces, each byte once: a head that comes byte by byte costs no
/// more than one that comes whole.
class HeadFinder {
 public:
  /// `bytes` begin with the head and hold at least what they held at the last call. Its length with the empty
  /// line, nothing when more must come, or a problem as soon as it can no longer become an acceptable head.
  std::variant<std::size_t, std::monostate, Problem> find(std::string_view bytes);

 private:
  std::size_t line_start_ = 0;
  std::size_t seen_ = 0;  ///< bytes looked at
};

/// The same for bytes that are all there.
std::variant<std::size_t, std::monostate, Problem> find_head_end(std::string_view bytes);

/// Parses a whole head, which ends with an empty line (RFC 9112). Headers that servers use for what they know
/// themselves (REMOTE_ADDR and the like) are left out. Refuses: bare LF or CR, NUL and other
/// controls, folded lines, space before a colon, several or malformed Content-Length, Content-Length with
/// Transfer-Encoding, other codings than `chunked`, a body where the method has none, missing or repeated
/// Host, unknown methods and versions.
std::variant<RequestHead, Problem> parse_request_head(std::string_view head);

/// Host without port and brackets, lower case.
std::string host_name(std::string_view authority);

}  // namespace voxlate::http
