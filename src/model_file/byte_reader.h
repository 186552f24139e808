#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace voxlate::model_file {

/// Walks the little-endian fields of a model file from its begin to its end and never past it. Every `what` names the
/// field in the `kCorrupt` error that a file too short or a value out of bounds ends in, with its offset.
/// Borrows the bytes; one thread.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::string_view file_name) : bytes_(bytes), file_name_(file_name) {}

  std::uint64_t offset() const { return offset_; }
  bool at_end() const { return offset_ == bytes_.size(); }
  std::uint64_t remaining() const { return bytes_.size() - offset_; }
  const std::string& file_name() const { return file_name_; }

  template <typename Number>
  Number number(std::string_view what) {
    Number value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  std::int32_t i32(std::string_view what) { return number<std::int32_t>(what); }

  /// A value within [low, high].
  std::int32_t i32_within(std::string_view what, std::int32_t low, std::int32_t high);

  /// The next `count` bytes, which stay where they are.
  std::span<const std::byte> take(std::uint64_t count, std::string_view what);
  std::string_view text(std::uint64_t count, std::string_view what);

 private:
  std::span<const std::byte> bytes_;
  std::string file_name_;
  std::size_t offset_ = 0;
};

}  // namespace voxlate::model_file
