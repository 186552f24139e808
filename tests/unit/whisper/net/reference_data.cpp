#include "tests/unit/whisper/net/reference_data.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

namespace voxlate::whisper {
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
