#include "tests/unit/media/generated_media.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numbers>
#include <numeric>

#include "voxlate/audio.h"

namespace voxlate::media {
namespace {

void append_number(std::string& bytes, std::uint32_t number, int size) {
  for (int index = 0; index < size; ++index) bytes += static_cast<char>((number >> (8 * index)) & 0xffu);
}

}  // namespace

std::filesystem::path write_file(const std::filesystem::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file;
}

std::string wav_header(int sample_rate_hz, int channels, std::uint32_t data_bytes) {
  const auto rate = static_cast<std::uint32_t>(sample_rate_hz);
  const auto block_bytes = static_cast<std::uint32_t>(channels) * 2;
  std::string bytes = "RIFF";
  append_number(bytes, 36 + data_bytes, 4);
  bytes += "WAVEfmt ";
  append_number(bytes, 16, 4);
  append_number(bytes, /*PCM*/ 1, 2);
  append_number(bytes, static_cast<std::uint32_t>(channels), 2);
  append_number(bytes, rate, 4);
  append_number(bytes, rate * block_bytes, 4);
  append_number(bytes, block_bytes, 2);
  append_number(bytes, /*bits*/ 16, 2);
  bytes += "data";
  append_number(bytes, data_bytes, 4);
  return bytes;
}

std::string wav(const WavForm& form, const std::vector<Tone>& channels) {
  const auto frames = static_cast<std::uint32_t>(std::lround(form.seconds * form.sample_rate_hz));
  const auto count = static_cast<std::uint32_t>(channels.size());
  std::string bytes = wav_header(form.sample_rate_hz, static_cast<int>(count), frames * count * 2);
  for (std::uint32_t frame = 0; frame < frames; ++frame) {
    for (const Tone& tone : channels) {
      const double phase = 2 * std::numbers::pi * tone.frequency_hz * frame / form.sample_rate_hz;
      const auto sample = static_cast<std::int16_t>(std::lround(32767 * tone.amplitude * std::sin(phase)));
      append_number(bytes, static_cast<std::uint16_t>(sample), 2);
    }
  }
  return bytes;
}

std::vector<float> read_all(AudioSource& source) {
  std::vector<float> samples;
  std::vector<float> block(7777);
  while (const std::size_t got = source.read(block)) {
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
  }
  return samples;
}

double frequency_of(const std::vector<float>& samples) {
  int crossings = 0;
  for (std::size_t index = 1; index < samples.size(); ++index) {
    if (samples[index - 1] < 0 && samples[index] >= 0) ++crossings;
  }
  return samples.empty() ? 0 : static_cast<double>(crossings) * kSampleRate / static_cast<double>(samples.size());
}

double rms_of(const std::vector<float>& samples) {
  const double energy = std::inner_product(samples.begin(), samples.end(), samples.begin(), 0.0);
  return samples.empty() ? 0 : std::sqrt(energy / static_cast<double>(samples.size()));
}

std::vector<float> cut(const std::vector<float>& samples, double from, double to) {
  const auto size = static_cast<std::ptrdiff_t>(samples.size());
  const auto begin = std::min<std::ptrdiff_t>(size, std::lround(from * kSampleRate));
  const auto end = std::min<std::ptrdiff_t>(size, std::lround(to * kSampleRate));
  return {samples.begin() + begin, samples.begin() + end};
}

bool run_ffmpeg(const std::filesystem::path& folder, const std::string& arguments) {
  const std::string command = "cd '" + folder.string() + "' && ffmpeg -nostdin -v error -y " + arguments;
  return std::system(command.c_str()) == 0;
}

bool has_ffmpeg() { return std::system("ffmpeg -version >/dev/null 2>&1") == 0; }

}  // namespace voxlate::media
