#include "tests/unit/vad/silero_test_data.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <numbers>
#include <random>
#include <sstream>
#include <stdexcept>

#include "base/file.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/audio.h"

namespace voxlate::vad {
std::vector<std::filesystem::path> shared_models() {
  const auto folder = shared_folder() / "models/silero_vad";
  return {folder / "ggml-silero-v6.2.0.bin", folder / "silero_vad_16k.safetensors"};
}

std::vector<SpeechRegion> read_rttm(const std::filesystem::path& path, std::string_view recording) {
  std::vector<SpeechRegion> turns;
  std::istringstream lines(content_of(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string type;
    std::string name;
    int channel = 0;
    double begin_s = 0;
    double length_s = 0;
    if (!(fields >> type >> name >> channel >> begin_s >> length_s) || name != recording) continue;
    turns.push_back(
        {.begin = std::llround(begin_s * kSampleRate), .end = std::llround((begin_s + length_s) * kSampleRate)});
  }
  std::sort(turns.begin(), turns.end(), [](const SpeechRegion& a, const SpeechRegion& b) { return a.begin < b.begin; });
  std::vector<SpeechRegion> speech;
  for (const SpeechRegion& turn : turns) {
    if (!speech.empty() && turn.begin <= speech.back().end)
      speech.back().end = std::max(speech.back().end, turn.end);
    else
      speech.push_back(turn);
  }
  return speech;
}

std::string made_up_silero() {
  std::mt19937 random{1};
  std::vector<model_file::WrittenTensor> tensors = model_file::silero_safetensors_tensors();
  for (model_file::WrittenTensor& tensor : tensors) {
    const std::size_t count = tensor.data.size() / sizeof(float);
    const std::size_t inputs = count / static_cast<std::size_t>(tensor.shape.front());
    const float width = tensor.name == "final_conv.weight" ? 12.0F : 1.5F;
    const float bias = tensor.name == "final_conv.bias" ? -1.6F : 0.0F;  // silence is below the thresholds
    std::normal_distribution<float> weight{0, width / std::sqrt(static_cast<float>(inputs))};
    const bool is_bias = tensor.name.find("bias") != std::string::npos;
    for (std::size_t i = 0; i < count; ++i) {
      const float value = is_bias ? bias : weight(random);
      std::memcpy(tensor.data.data() + i * sizeof value, &value, sizeof value);
    }
  }
  return model_file::write_safetensors(tensors);
}

std::vector<float> beats(int seconds) {
  std::mt19937 random{2};
  std::uniform_int_distribution<int> length{kSampleRate / 8, kSampleRate};
  std::uniform_real_distribution<float> level{0.05F, 0.8F};
  std::vector<float> samples;
  while (samples.size() < static_cast<std::size_t>(seconds) * kSampleRate) {
    const float amplitude = level(random);
    for (int i = length(random); i > 0; --i)
      samples.push_back(amplitude *
                        std::sin(2 * std::numbers::pi_v<float> * 440 * static_cast<float>(i) / kSampleRate));
    samples.resize(samples.size() + static_cast<std::size_t>(length(random)));
  }
  return samples;
}

std::vector<float> white_noise(double seconds, float level_db) {
  std::mt19937 random{3};
  std::normal_distribution<float> gauss{0, std::pow(10.0F, level_db / 20)};
  std::vector<float> samples(static_cast<std::size_t>(seconds * kSampleRate));
  for (float& sample : samples) sample = std::clamp(gauss(random), -1.0F, 1.0F);
  return samples;
}

}  // namespace voxlate::vad
