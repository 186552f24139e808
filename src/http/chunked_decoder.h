#pragma once

#include <cstdint>
#include <string_view>

namespace voxlate::http {

/// Takes the chunked transfer coding (RFC 9112, 7.1) off a body. Strict: sizes are plain hexadecimal digits,
/// lines end with CR LF, extensions are skipped, trailers refused.
///
///   chunked-body = *( size [ ";" extension ] CRLF data CRLF ) "0" [ ";" extension ] CRLF CRLF
class ChunkedDecoder {
 public:
  enum class Result { kData, kNeedMore, kEnd, kMalformed };

  /// Consumes from the front of `input`. `kData`: `data` is a piece of the body inside the old `input`.
  /// `kNeedMore`: all of `input` is consumed. `kEnd`: what is left of `input` lies behind the body.
  Result next(std::string_view& input, std::string_view& data);

 private:
  enum class State {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kLastCr,
    kLastLf,
    kEnd,
  };

  bool take(char c);
  bool take_size(char c);

  State state_ = State::kSize;
  std::uint64_t size_ = 0;
  int digits_ = 0;
  int extension_bytes_ = 0;
};

}  // namespace voxlate::http
