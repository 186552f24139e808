#pragma once

#include <chrono>
#include <cstdint>

namespace voxlate::media {

/// What an untrusted media file may ask of us. Memory has one more bound that FFmpeg keeps per process, so it
/// is a constant and not a field: no single allocation above 512 MiB.
struct Limits {
  int max_streams = 32;  ///< tracks of a container; attachments (fonts) beyond it are ignored
  std::int64_t probe_size_bytes = 5'000'000;
  std::chrono::milliseconds max_duration = std::chrono::hours(12);

  /// Wall-clock time to recognise a file and to find its tracks, and for the first sound to be decoded.
  std::chrono::milliseconds open_timeout = std::chrono::seconds(60);

  /// Wall-clock time without one decoded frame.
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(60);

  /// Time spent waiting for a file that is still coming in, for each 4 MiB of it.
  std::chrono::milliseconds arrival_timeout = std::chrono::seconds(60);

  /// Longest silence put in for a jump of the timestamps when the container does not tell its length.
  std::chrono::milliseconds max_gap = std::chrono::hours(1);

  int min_sample_rate_hz = 1'000;
  int max_sample_rate_hz = 768'000;
  std::int64_t max_pixels = 33'177'600;  ///< of a video picture that is decoded to learn its size (8K)
};

}  // namespace voxlate::media
