#include "sphinx/recent_audio.h"

#include <algorithm>
#include <cmath>

#include "voxlate/error.h"

namespace voxlate::sphinx {

void RecentAudio::push(std::span<const float> samples) {
  for (const float sample : samples)
    samples_.push_back(static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767.0F)));
  position_ += static_cast<std::int64_t>(samples.size());
  if (samples_.size() > capacity_)
    samples_.erase(samples_.begin(), samples_.end() - static_cast<std::ptrdiff_t>(capacity_));
}

std::vector<std::int16_t> RecentAudio::copy(std::int64_t begin, std::int64_t end) const {
  const std::int64_t first = position_ - static_cast<std::int64_t>(samples_.size());
  if (begin < first || end > position_ || begin > end)
    throw Error(ErrorCode::kInternal, "speech detector: a region came too late for the audio that is kept");
  return {samples_.begin() + (begin - first), samples_.begin() + (end - first)};
}

}  // namespace voxlate::sphinx
