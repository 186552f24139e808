#include "tests/unit/whisper/net/reference_data.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace voxlate::whisper {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Element>
std::vector<float> elements_of(std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(Element));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof element, sizeof element);
    values[i] = static_cast<float>(element);
  }
  return values;
}

}  // namespace

std::filesystem::path shared_folder() { return std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared"; }

std::vector<float> read_npy(const std::filesystem::path& path) {
  const std::string bytes = content_of(path);
  if (bytes.size() < 10 || bytes.compare(1, 5, "NUMPY") != 0) throw std::runtime_error("no .npy: " + path.string());
  const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  const std::string_view text = std::string_view(bytes).substr(10, header);
  const std::string_view data = std::string_view(bytes).substr(10 + header);
  if (text.find("'<f4'") != std::string_view::npos) return elements_of<float>(data);
  if (text.find("'<i4'") != std::string_view::npos) return elements_of<std::int32_t>(data);
  throw std::runtime_error("expected f32 or i32 in " + path.string());
}

std::vector<float> read_wav(const std::filesystem::path& path) {
  const std::string bytes = content_of(path);
  const std::size_t data = bytes.find("data");
  if (data == std::string::npos) throw std::runtime_error("no WAV: " + path.string());
  std::vector<float> samples = elements_of<std::int16_t>(std::string_view(bytes).substr(data + 8));
  for (float& sample : samples) sample /= 32768;
  return samples;
}

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) throw std::runtime_error("different sizes");
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    norm += double{b[i]} * b[i];
  }
  return std::sqrt(difference / norm);
}

bool make_random_model(std::string_view size, const std::filesystem::path& folder) {
  const std::string script = (shared_folder() / "tools/make_random_ggml.py").string();
  const std::string command = "PATH=/usr/bin:$PATH python3 '" + script + "' " + std::string(size) + " '" +
                              folder.string() + "' --seed 0 --f32 >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

}  // namespace voxlate::whisper
