#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace voxlate::e2e {

/// A read sentence in a recording, with the time at which its clip begins.
struct Sentence {
  double begin_s = 0;
  double end_s = 0;
  std::string text;
};

/// 16-bit mono samples as a file, and those of a file that has nothing but them.
std::string wav_of(const std::string& pcm, std::uint32_t sample_rate);
std::string pcm_of(const std::filesystem::path& wav);

/// Read speech with transcripts from Debian's package pocketsphinx-testdata; empty when it is not installed.
std::vector<std::filesystem::path> speech_clips();

/// Joins the five sentences of that package with `pause_s` of silence before each into one recording, put into
/// a container by its extension (.wav; .mp4 gets a picture); returns what was said when. Needs ffmpeg.
std::vector<Sentence> make_recording(const std::filesystem::path& path, double pause_s, int repeats = 1);

std::string all_text(const std::vector<Sentence>& sentences);

}  // namespace voxlate::e2e
