#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace voxlate::sphinx {

/// The newest samples of a stream as 16-bit integers, at most `capacity` of them. Not thread-safe.
class RecentAudio {
 public:
  explicit RecentAudio(std::size_t capacity) : capacity_(capacity) {}

  void push(std::span<const float> samples);

  /// Samples pushed so far.
  std::int64_t position() const { return position_; }

  /// Copies `[begin, end)`. Throws `kInternal` for what is no longer, or not yet, there.
  std::vector<std::int16_t> copy(std::int64_t begin, std::int64_t end) const;

 private:
  const std::size_t capacity_;
  std::deque<std::int16_t> samples_;
  std::int64_t position_ = 0;
};

}  // namespace voxlate::sphinx
