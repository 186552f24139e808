#pragma once

#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate {

/// The folder of models, recordings and reference tensors beside the project; tests that need it skip where it is
/// absent.
std::filesystem::path shared_folder();

/// All of a file of at most 100 MB.
std::string content_of(const std::filesystem::path& path);

/// Mono WAV, s16 or f32, as f32 in [-1, 1]. Throws std::runtime_error.
std::vector<float> read_wav(const std::filesystem::path& path);

/// Little-endian numbers as f32.
template <typename Number>
std::vector<float> elements_of(std::string_view bytes, float scale = 1) {
  std::vector<float> values(bytes.size() / sizeof(Number));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Number value{};
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    values[i] = static_cast<float>(value) * scale;
  }
  return values;
}

}  // namespace voxlate
