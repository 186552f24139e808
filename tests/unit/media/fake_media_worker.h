#pragma once

namespace voxlate::media {

/// What the fake worker answers to a request for the audio track of that number.
enum class FakeAnswer {
  kNoise,
  kHugeSize,
  kHalfMessage,
  kNothing,
  kSoundFirst,
  kOpenedTwice,
  kEndlessSound,
  kAsksForWhatIsThere,
  kSilence,
};

}  // namespace voxlate::media
