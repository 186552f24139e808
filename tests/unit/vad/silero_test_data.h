#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/shared_data.h"
#include "voxlate/voice_activity.h"

namespace voxlate::vad {

/// The two Silero models of the shared data, each with weights of its own.
std::vector<std::filesystem::path> shared_models();

/// When somebody speaks in `recording`, ordered, without overlap.
std::vector<SpeechRegion> read_rttm(const std::filesystem::path& path, std::string_view recording);

/// A safetensors file with random weights, the same every time, whose probabilities move up and down with what it
/// hears.
std::string made_up_silero();

/// Seconds of 440 Hz beats, each of another length and level, with silence between.
std::vector<float> beats(int seconds);

std::vector<float> white_noise(double seconds, float level_db);

}  // namespace voxlate::vad
