#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "media/audio_reader.h"

namespace voxlate::media {

/// Writes a file and returns its path.
std::filesystem::path write_file(const std::filesystem::path& file, std::string_view bytes);

/// One channel of a generated WAV file: a sine, or silence with amplitude 0.
struct Tone {
  double frequency_hz = 440;
  double amplitude = 0.5;
};

struct WavForm {
  int sample_rate_hz = 16'000;
  double seconds = 1;
};

/// The header of a 16-bit PCM WAV file whose data part has `data_bytes` bytes.
std::string wav_header(int sample_rate_hz, int channels, std::uint32_t data_bytes);

/// 16-bit PCM WAV with one channel for each tone.
std::string wav(const WavForm& form, const std::vector<Tone>& channels);

/// Everything that is left, read in blocks of odd size.
std::vector<float> read_all(AudioSource& source);

/// Frequency by zero crossings; 0 for silence.
double frequency_of(const std::vector<float>& samples);

double rms_of(const std::vector<float>& samples);

/// Samples `[from, to)` in seconds.
std::vector<float> cut(const std::vector<float>& samples, double from, double to);

/// Runs the ffmpeg program in `folder`, arguments as a shell would split them. False when it failed.
bool run_ffmpeg(const std::filesystem::path& folder, const std::string& arguments);

bool has_ffmpeg();

}  // namespace voxlate::media
