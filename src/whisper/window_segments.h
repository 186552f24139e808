#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "voxlate/transcript.h"
#include "whisper/whisper_model.h"
#include "whisper/window_batcher.h"
#include "whisper/window_cut.h"

namespace voxlate::whisper {

/// A stretch `[begin, end)` of a window in which somebody speaks, counted from the window's start.
struct SpeechSpan {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
};

struct WindowText {
  std::vector<Segment> segments;        ///< times count from the window's start
  std::chrono::milliseconds advance{};  ///< where to go on, as `WindowCut` says
};

/// Segments with their words, made from what was decoded of a window of those samples. Without speech in it, or when
/// the decoder doubts that there is any, there is no segment. Times are those of the words, moved to where the samples
/// are loud, and to where somebody speaks when `speech` tells (an empty one does not).
WindowText make_window_text(const WhisperModel& model, const WindowBatcher::Result& result,
                            const DecodingOptions& options, std::span<const SpeechSpan> speech,
                            std::span<const float> samples);

}  // namespace voxlate::whisper
