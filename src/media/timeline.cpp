#include "media/timeline.h"

#include <cstdlib>

namespace voxlate::media {

bool Timeline::jumps(std::optional<std::int64_t> time) const {
  return time && std::abs(*time - offset_ - position_) > options_.tolerance;
}

std::int64_t Timeline::place(std::int64_t time, std::int64_t length, std::optional<std::int64_t> next_time) {
  const std::int64_t deviation = time - offset_ - position_;
  if (next_time) {
    const std::int64_t from_here = std::abs(*next_time - (time + length));
    const std::int64_t from_before = std::abs(*next_time - (offset_ + position_ + length));
    if (from_before < from_here) return 0;
  }
  if (deviation > options_.max_gap || -deviation > options_.max_overlap) {
    offset_ += deviation;
    return 0;
  }
  position_ += deviation;
  return deviation;
}

}  // namespace voxlate::media
