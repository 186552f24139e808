#include "http/chunked_decoder.h"

#include <algorithm>

namespace voxlate::http {
namespace {

constexpr int kMaxSizeDigits = 15;
constexpr int kMaxExtensionBytes = 256;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool ChunkedDecoder::take_size(char c) {
  const int value = hex_value(c);
  if (value >= 0) {
    size_ = size_ * 16 + static_cast<std::uint64_t>(value);
    return ++digits_ <= kMaxSizeDigits;
  }
  if (digits_ == 0) return false;
  extension_bytes_ = 0;
  if (c == ';') {
    state_ = State::kExtension;
    return true;
  }
  state_ = State::kSizeLf;
  return c == '\r';
}

// One byte of framing; false when it breaks the grammar.
bool ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::kSize: return take_size(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeLf;
        return true;
      }
      return (c == '\t' || (c >= 0x20 && c != 0x7f)) && ++extension_bytes_ <= kMaxExtensionBytes;
    case State::kSizeLf: state_ = size_ == 0 ? State::kLastCr : State::kData; return c == '\n';
    case State::kDataCr: state_ = State::kDataLf; return c == '\r';
    case State::kDataLf:
      state_ = State::kSize;
      size_ = 0;
      digits_ = 0;
      return c == '\n';
    case State::kLastCr: state_ = State::kLastLf; return c == '\r';
    case State::kLastLf: state_ = State::kEnd; return c == '\n';
    case State::kData:
    case State::kEnd: break;
  }
  return false;
}

ChunkedDecoder::Result ChunkedDecoder::next(std::string_view& input, std::string_view& data) {
  while (state_ != State::kEnd) {
    if (input.empty()) return Result::kNeedMore;
    if (state_ == State::kData) {
      data = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(size_, input.size())));
      input.remove_prefix(data.size());
      size_ -= data.size();
      if (size_ == 0) state_ = State::kDataCr;
      return Result::kData;
    }
    const char c = input.front();
    input.remove_prefix(1);
    if (!take(c)) return Result::kMalformed;
  }
  return Result::kEnd;
}

}  // namespace voxlate::http
