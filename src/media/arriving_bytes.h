#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "voxlate/arrival.h"

namespace voxlate::media {

/// How far a file that is still coming in may be read, and the patience with it. Not thread-safe.
class ArrivingBytes {
 public:
  /// Without `wait_for_bytes` the whole file is there. `timeout`: time spent waiting for each 4 MiB. Throws what
  /// `wait_for_bytes` throws.
  ArrivingBytes(WaitForBytes wait_for_bytes, std::chrono::milliseconds timeout);

  const Arrival& now() const { return arrival_; }
  bool is_whole() const { return arrival_.whole; }

  /// Waits until more than `beyond` bytes are there or nothing more will come; false when `is_stopped` said so
  /// meanwhile. Throws `kUnavailable` when they come too slowly, and what `wait_for_bytes` throws.
  bool await(std::uint64_t beyond, const std::function<bool()>& is_stopped);

 private:
  WaitForBytes wait_for_bytes_;
  std::chrono::milliseconds timeout_;
  Arrival arrival_;
  std::chrono::steady_clock::duration waited_{};  ///< since `counted_bytes_` were there
  std::uint64_t counted_bytes_ = 0;
};

}  // namespace voxlate::media
