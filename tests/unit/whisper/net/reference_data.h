#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/shared_data.h"

namespace voxlate::whisper {

/// The elements of a little-endian .npy file of f32 or i32; throws std::runtime_error for anything else.
std::vector<float> read_npy(const std::filesystem::path& path);

/// ||a - b|| / ||b||
double relative_difference(const std::vector<float>& a, const std::vector<float>& b);

/// Makes the random model of that size ("tiny", "base") in `folder`; false when Python or NumPy is missing.
bool make_random_model(std::string_view size, const std::filesystem::path& folder);

}  // namespace voxlate::whisper
