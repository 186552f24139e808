#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace voxlate::media {

/// Throws the Error for an answer of a media worker that no sound worker gives: `kCorrupt`, since the file it reads
/// broke it. `what` says what was expected and what came.
[[noreturn]] void broken_answer(const std::string& what);

/// Puts values one behind the other, in the byte order of the machine: both ends are one build on one machine.
class WireWriter {
 public:
  template <typename Number>
  void put(Number value) {
    static_assert(std::is_integral_v<Number>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put(bool value) { put(static_cast<std::uint8_t>(value)); }
  void put(std::chrono::milliseconds value) { put(static_cast<std::int64_t>(value.count())); }
  void put(std::optional<std::chrono::milliseconds> value) {
    put(value.has_value());
    put(value.value_or(std::chrono::milliseconds(0)));
  }
  void put(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  void put(const std::string& text) { put(std::string_view(text)); }

  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Takes them out again, believing nothing: everything that is short, out of its bounds or left over is an Error.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  /// A number in `[low, high]`.
  template <typename Number>
  Number number(Number low, Number high) {
    Number value{};
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    if (value < low || value > high) {
      broken_answer("expected a number from " + std::to_string(low) + " to " + std::to_string(high) + ", got " +
                    std::to_string(value));
    }
    return value;
  }

  bool flag() { return number<std::uint8_t>(0, 1) == 1; }

  /// Far enough from the largest number that sums do not overflow.
  std::chrono::milliseconds time();
  std::optional<std::chrono::milliseconds> optional_time();

  /// At most `max_bytes`; made one line of UTF-8.
  std::string line(std::size_t max_bytes);

  std::string_view take(std::size_t size_bytes);
  std::size_t left() const { return rest_.size(); }
  void expect_end() const;

 private:
  std::string_view rest_;
};

}  // namespace voxlate::media
