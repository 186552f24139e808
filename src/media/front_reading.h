#pragma once

#include <cstdint>
#include <filesystem>

namespace voxlate::media {

enum class FrontReading {
  kYes,        ///< can be decoded from the front while the rest is still coming in
  kNo,         ///< has to be there as a whole
  kNeedsMore,  ///< too little is there to say
};

/// Whether the file, of which `available` bytes are there, can be read from the front: by the first bytes, and of MP4
/// by the order of its boxes. Throws what opening a file throws. Thread-safe.
FrontReading front_reading(const std::filesystem::path& path, std::uint64_t available);

}  // namespace voxlate::media
