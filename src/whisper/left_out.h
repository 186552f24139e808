#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "voxlate/voice_activity.h"
#include "whisper/window_segments.h"

namespace voxlate::whisper {

/// The parts of `speech` inside `stretch`.
std::vector<SpeechRegion> speech_in(std::span<const SpeechRegion> speech, const SpeechRegion& stretch);

/// What is to be decoded again of a stretch of audio whose text is `text`: what follows when the text says that it
/// ends early, and speech of two seconds or more before, between or behind its segments. A Whisper model sometimes
/// leaves out whole sentences of a window, most often its first ones, that it hears well alone. What is returned is
/// in order and each at least half a second shorter than the stretch, so that doing it again comes to an end.
std::vector<SpeechRegion> find_left_out(std::span<const SpeechRegion> speech, const SpeechRegion& stretch,
                                        const WindowText& text);

}  // namespace voxlate::whisper
