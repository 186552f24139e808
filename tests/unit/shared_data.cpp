#include "tests/unit/shared_data.h"

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "base/file.h"

namespace voxlate {

std::filesystem::path shared_folder() { return std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared"; }

std::string content_of(const std::filesystem::path& path) {
  constexpr std::uint64_t kMaxBytes = 100'000'000;
  return read_file(path, kMaxBytes);
}

std::vector<float> read_wav(const std::filesystem::path& path) {
  constexpr std::size_t kBitsOffset = 34;
  const std::string bytes = content_of(path);
  const std::size_t data = bytes.find("data");
  if (data == std::string::npos || data < kBitsOffset) throw std::runtime_error("no WAV: " + path.string());
  const std::string_view samples = std::string_view(bytes).substr(data + 8);
  if (bytes[kBitsOffset] == 32) return elements_of<float>(samples);
  return elements_of<std::int16_t>(samples, 1.0F / 32768);
}

}  // namespace voxlate
