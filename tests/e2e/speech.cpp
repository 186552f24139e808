#include "speech.h"

#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>

#include "server_process.h"

namespace voxlate::e2e {
namespace {

constexpr std::uint32_t kSampleRate = 16000;
constexpr std::size_t kWavHeaderBytes = 44;

struct Clip {
  const char* name;
  const char* text;
};

constexpr std::array<Clip, 5> kClips = {
    {{"0870",
      "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do "
      "for them"},
     {"0880", "he was not an ill disposed young man"},
     {"0890", "unless to be rather cold hearted and rather selfish is to be ill disposed"},
     {"0920", "had he married a more a amiable woman he might have been made still more respectable than he was"},
     {"0930", "he might even have been made amiable himself"}}};

std::filesystem::path path_of(const Clip& clip) {
  return std::string("/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-") + clip.name +
         ".wav";
}

std::string little(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFFU);
  return text;
}

}  // namespace

std::string wav_of(const std::string& pcm, std::uint32_t sample_rate) {
  const auto size = static_cast<std::uint32_t>(pcm.size());
  return "RIFF" + little(36 + size, 4) + "WAVEfmt " + little(16, 4) + little(1, 2) + little(1, 2) +
         little(sample_rate, 4) + little(sample_rate * 2, 4) + little(2, 2) + little(16, 2) + "data" + little(size, 4) +
         pcm;
}

std::string pcm_of(const std::filesystem::path& wav) {
  std::ifstream file(wav, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return content.substr(kWavHeaderBytes);
}

std::vector<std::filesystem::path> speech_clips() {
  std::vector<std::filesystem::path> paths;
  for (const Clip& clip : kClips) {
    if (std::filesystem::exists(path_of(clip))) paths.push_back(path_of(clip));
  }
  return paths;
}

std::vector<Sentence> make_recording(const std::filesystem::path& path, double pause_s, int repeats) {
  std::string pcm;
  std::vector<Sentence> sentences;
  const std::string pause(static_cast<std::size_t>(pause_s * kSampleRate) * 2, '\0');
  const auto now_s = [&] { return static_cast<double>(pcm.size()) / (2.0 * kSampleRate); };
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (const Clip& clip : kClips) {
      pcm += pause;
      const double begin_s = now_s();
      pcm += pcm_of(path_of(clip));
      sentences.push_back({begin_s, now_s(), clip.text});
    }
  }
  const std::filesystem::path wav = path.extension() == ".wav" ? path : std::filesystem::path(path.string() + ".wav");
  std::ofstream(wav, std::ios::binary) << wav_of(pcm, kSampleRate);
  if (wav == path) return sentences;
  if (run_program({"ffmpeg",    "-y",       "-i",      wav.string(),
                   "-f",        "lavfi",    "-i",      "testsrc=size=320x180:rate=5",
                   "-shortest", "-c:v",     "libx264", "-preset",
                   "ultrafast", "-pix_fmt", "yuv420p", "-c:a",
                   "aac",       "-b:a",     "128k",    path.string()}) != 0) {
    throw std::runtime_error("ffmpeg could not make " + path.string());
  }
  std::filesystem::remove(wav);
  return sentences;
}

std::string all_text(const std::vector<Sentence>& sentences) {
  std::string text;
  for (const Sentence& sentence : sentences) text += sentence.text + " ";
  return text;
}

}  // namespace voxlate::e2e
