#include "pipeline/clipped_audio.h"

#include <algorithm>
#include <array>

namespace voxlate::pipeline {

using std::chrono::milliseconds;

ClippedAudio::ClippedAudio(AudioSource& whole, milliseconds begin, milliseconds length)
    : whole_(whole),
      begin_(begin),
      length_(length),
      to_skip_(samples_in(begin)),
      left_(length.count() > 0 ? samples_in(length) : -1) {}

std::size_t ClippedAudio::read(std::span<float> out) {
  skip();
  if (left_ < 0) return whole_.read(out);
  const std::size_t wanted = std::min(out.size(), static_cast<std::size_t>(left_));
  if (wanted == 0) return 0;
  const std::size_t got = whole_.read(out.first(wanted));
  left_ = got < wanted ? 0 : left_ - static_cast<std::int64_t>(got);
  return got;
}

void ClippedAudio::check() {
  if (left_ != 0) whole_.check();
}

void ClippedAudio::skip() {
  std::array<float, 4096> unheard{};
  while (to_skip_ > 0) {
    const std::size_t wanted = std::min(unheard.size(), static_cast<std::size_t>(to_skip_));
    const std::size_t got = whole_.read(std::span(unheard).first(wanted));
    to_skip_ = got < wanted ? 0 : to_skip_ - static_cast<std::int64_t>(got);
  }
}

milliseconds ClippedAudio::start_time() const { return whole_.start_time() + begin_; }

std::optional<milliseconds> ClippedAudio::duration() const {
  const std::optional<milliseconds> whole = whole_.duration();
  if (length_.count() == 0) return whole ? std::optional(std::max(*whole - begin_, milliseconds(0))) : std::nullopt;
  return whole ? std::clamp(*whole - begin_, milliseconds(0), length_) : length_;
}

}  // namespace voxlate::pipeline
