#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace voxlate {

/// Samples per second of all audio inside the product.
inline constexpr int kSampleRate = 16000;

constexpr std::int64_t samples_in(std::chrono::milliseconds length) { return length.count() * kSampleRate / 1000; }

/// Whole milliseconds, rounded down.
constexpr std::chrono::milliseconds length_of(std::int64_t samples) {
  return std::chrono::milliseconds{samples * 1000 / kSampleRate};
}

/// One audio track as 16 kHz mono f32 in [-1, 1], pulled front to back. Pull only, so that a
/// three-hour film never needs more memory than the reader's own window. Not thread-safe.
class AudioSource {
 public:
  virtual ~AudioSource() = default;

  /// Fills `out` from the front and returns the number of samples written; less than `out.size()`
  /// only at the end, 0 once the end was reached. Throws `kCorrupt`, `kUnsupported`, `kTimeout`.
  virtual std::size_t read(std::span<float> out) = 0;

  /// Throws what `read` is bound to throw, where that is known beforehand: for those who want no samples just now, and
  /// need not finish what they do with the ones before. Returns at once.
  virtual void check() {}

  /// Media time of the first sample: containers may start their audio late (or early).
  virtual std::chrono::milliseconds start_time() const = 0;

  /// Length of the track as far as the container tells, without reading it.
  virtual std::optional<std::chrono::milliseconds> duration() const = 0;
};

}  // namespace voxlate
