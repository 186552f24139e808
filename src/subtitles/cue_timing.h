#pragma once

#include <chrono>
#include <optional>

#include "subtitles/profile.h"

namespace voxlate::subtitles {

/// Speech that a cue shows, and the room around it.
struct CueSpeech {
  std::chrono::milliseconds begin{};                    ///< of the first word
  std::chrono::milliseconds end{};                      ///< of the last word
  std::optional<std::chrono::milliseconds> next_begin;  ///< of the next cue; nothing for the last one
  std::chrono::milliseconds media_end{};
  int length = 0;  ///< characters to read
};

/// When the cue leaves the screen. It lingers up to half a second after its last word, longer only where the
/// profile's minimum duration or reading speed asks for it. Towards the next cue there is either exactly
/// `profile.gap` or at least half a second, so that nothing flickers. Never after `media_end`, the next cue's
/// begin minus the gap, or the profile's longest duration: where these leave no room, the result may lie
/// before the speech's end, and even before its begin.
std::chrono::milliseconds cue_end(const CueSpeech& speech, const Profile& profile);

}  // namespace voxlate::subtitles
