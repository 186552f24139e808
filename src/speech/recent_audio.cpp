#include "speech/recent_audio.h"

#include "voxlate/error.h"

namespace voxlate::speech {

void RecentAudio::push(std::span<const float> samples) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  position_ += static_cast<std::int64_t>(samples.size());
  if (samples_.size() > capacity_)
    samples_.erase(samples_.begin(), samples_.end() - static_cast<std::ptrdiff_t>(capacity_));
}

std::vector<float> RecentAudio::copy(std::int64_t begin, std::int64_t end) const {
  const std::int64_t first = position_ - static_cast<std::int64_t>(samples_.size());
  if (begin < first || end > position_ || begin > end)
    throw Error(ErrorCode::kInternal, "speech detector: a region came too late for the audio that is kept");
  return {samples_.begin() + (begin - first), samples_.begin() + (end - first)};
}

}  // namespace voxlate::speech
