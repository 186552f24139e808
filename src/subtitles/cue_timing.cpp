#include "subtitles/cue_timing.h"

#include <algorithm>
#include <cmath>

namespace voxlate::subtitles {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kLinger{500};
constexpr milliseconds kShortestPause{500};  // between cues; a shorter one flickers

}  // namespace

milliseconds cue_end(const CueSpeech& speech, const Profile& profile) {
  milliseconds latest = std::min(speech.media_end, speech.begin + profile.max_duration);
  milliseconds end = speech.end + kLinger;
  const auto needed_ms = static_cast<std::int64_t>(std::ceil(speech.length * 1000.0 / profile.max_cps));
  const milliseconds needed = speech.begin + std::max(profile.min_duration, milliseconds(needed_ms));
  if (speech.next_begin) {
    const milliseconds chained = *speech.next_begin - profile.gap;
    const milliseconds parted = *speech.next_begin - kShortestPause;
    latest = std::min(latest, chained);
    if (end > parted) end = chained <= end ? chained : std::max(speech.end, parted);
    if (needed > end) end = needed > parted ? chained : needed;
  } else {
    end = std::max(end, needed);
  }
  return std::min(end, latest);
}

}  // namespace voxlate::subtitles
