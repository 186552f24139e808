#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace voxlate::http {

/// Head of one part of a form.
struct PartHead {
  std::string name;
  std::optional<std::string> file_name;  ///< present: the part is a file; text of the client, never a path
  std::string content_type;
};

/// Splits a multipart/form-data body (RFC 7578, RFC 2046) fed in pieces of any size, in constant memory.
///
///   body = *preamble delimiter *( CRLF headers CRLF CRLF data delimiter ) "--" *epilogue
///   delimiter = CRLF "--" boundary        (the first one may lack its CRLF)
class MultipartParser {
 public:
  /// Called in order. Each returns false to stop the parser.
  struct Events {
    std::function<bool(const PartHead&)> part_begins;
    std::function<bool(std::string_view)> part_data;
    std::function<bool()> part_ends;
  };

  enum class Result {
    kGoOn,       ///< feed more
    kStopped,    ///< an event said so
    kMalformed,  ///< `error()` says why
  };

  MultipartParser(std::string_view boundary, Events events);

  Result feed(std::string_view bytes);

  /// The closing delimiter was seen; what follows is ignored.
  bool complete() const { return state_ == State::kEpilogue; }

  const std::string& error() const { return error_; }

 private:
  enum class State { kPreamble, kAfterDelimiter, kHeaders, kData, kEpilogue };
  enum class Step { kAgain, kNeedMore, kStopped, kMalformed };

  Step advance();
  Step skip_preamble();
  Step after_delimiter();
  Step read_headers();
  Step read_data();
  Step malformed(std::string reason);

  const std::string delimiter_;
  const Events events_;
  State state_ = State::kPreamble;
  std::string buffer_;
  std::string error_;
};

/// The boundary of "multipart/form-data; boundary=…"; nothing for another type or a boundary that breaks RFC 2046.
std::optional<std::string> multipart_boundary(std::string_view content_type);

/// Reads the headers of a part: lines ending with CR LF. Nothing when there is no usable Content-Disposition.
std::optional<PartHead> parse_part_head(std::string_view headers);

}  // namespace voxlate::http
