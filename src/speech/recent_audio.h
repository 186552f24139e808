#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace voxlate::speech {

/// The newest samples of a stream, at most `capacity` of them. Not thread-safe.
class RecentAudio {
 public:
  explicit RecentAudio(std::size_t capacity) : capacity_(capacity) {}

  void push(std::span<const float> samples);

  /// Samples pushed so far.
  std::int64_t position() const { return position_; }

  /// Copies `[begin, end)`. Throws `kInternal` for what is no longer, or not yet, there.
  std::vector<float> copy(std::int64_t begin, std::int64_t end) const;

 private:
  const std::size_t capacity_;
  std::deque<float> samples_;
  std::int64_t position_ = 0;
};

}  // namespace voxlate::speech
