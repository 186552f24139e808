#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

namespace voxlate::models {

/// SHA-256 of a file. Throws `kCancelled`, `kNotFound`, `kInternal`.
std::string sha256_of_file(const std::filesystem::path& path, const std::stop_token& stop);

}  // namespace voxlate::models
