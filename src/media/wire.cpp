#include "media/wire.h"

#include <limits>

#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

// FFmpeg counts microseconds in 64 bits.
constexpr std::int64_t kMaxTimeMs = std::numeric_limits<std::int64_t>::max() / 1000;

}  // namespace

void broken_answer(const std::string& what) {
  throw Error(ErrorCode::kCorrupt, "The media worker broke while it read this file: " + what + ".");
}

std::chrono::milliseconds WireReader::time() {
  return std::chrono::milliseconds(number<std::int64_t>(-kMaxTimeMs, kMaxTimeMs));
}

std::optional<std::chrono::milliseconds> WireReader::optional_time() {
  const bool is_known = flag();
  const std::chrono::milliseconds value = time();
  return is_known ? std::optional(value) : std::nullopt;
}

std::string WireReader::line(std::size_t max_bytes) {
  const auto size = number<std::uint32_t>(0, static_cast<std::uint32_t>(max_bytes));
  std::string text = repair_utf8(take(size));
  for (char& character : text) {
    if (static_cast<unsigned char>(character) < 0x20 || character == 0x7f) character = ' ';
  }
  return text;
}

std::string_view WireReader::take(std::size_t size_bytes) {
  if (size_bytes > rest_.size()) {
    broken_answer("expected " + std::to_string(size_bytes) + " bytes more, got " + std::to_string(rest_.size()));
  }
  const std::string_view taken = rest_.substr(0, size_bytes);
  rest_.remove_prefix(size_bytes);
  return taken;
}

void WireReader::expect_end() const {
  if (!rest_.empty()) broken_answer("expected the end of a message, got " + std::to_string(rest_.size()) + " bytes");
}

}  // namespace voxlate::media
