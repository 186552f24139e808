#include "base/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "voxlate/error.h"

namespace voxlate {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kIdLength = 26;

}  // namespace

std::string random_id() {
  std::array<std::uint8_t, kIdLength> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorCode::kInternal, "the kernel gave no random bytes");
  }
  std::string id(kIdLength, '\0');
  // 26 characters of 5 random bits: 130 bits.
  std::transform(bytes.begin(), bytes.end(), id.begin(), [](std::uint8_t byte) { return kAlphabet[byte % 32]; });
  return id;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (getrandom(bytes.data(), count, 0) != static_cast<ssize_t>(count)) {
    throw Error(ErrorCode::kInternal, "the kernel gave no random bytes");
  }
  return bytes;
}

bool is_id(std::string_view text) {
  return text.size() == kIdLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

}  // namespace voxlate
