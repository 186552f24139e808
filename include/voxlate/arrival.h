#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace voxlate {

/// How much of a file that is still being written may be read.
struct Arrival {
  std::uint64_t bytes = 0;           ///< from the front
  std::uint64_t expected_bytes = 0;  ///< of the whole; 0: not known
  bool whole = false;                ///< nothing more will come
};

/// Waits until more than `beyond` bytes are there, nothing more will come, or `patience` is over, and tells what is
/// there then. Throws `kNotFound` when the file was given up. Any thread.
using WaitForBytes = std::function<Arrival(std::uint64_t beyond, std::chrono::milliseconds patience)>;

}  // namespace voxlate
