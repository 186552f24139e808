#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace voxlate::translation {

/// A JSON file that belongs to a model. Throws `kNotFound`, `kTooLarge` above `max_bytes`, and `kCorrupt` for what is
/// no JSON or nested more than 8 deep: that bounds the memory that a hostile file takes.
nlohmann::json read_model_json(const std::filesystem::path& file, std::uint64_t max_bytes = 1 << 20);

}  // namespace voxlate::translation
