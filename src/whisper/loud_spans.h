#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "whisper/window_segments.h"

namespace voxlate::whisper {

/// Where 16 kHz samples are loud enough to be part of a word: all but pauses of 80 ms or more in which each 10 ms stay
/// 30 dB below the loud ones, or in noise within 6 dB of the quietest ones. Ordered; empty for silence. Words are said
/// there, which puts their borders more exactly than the decoder's attention, whose steps are 20 ms and which takes a
/// pause for a part of the word behind it.
std::vector<SpeechSpan> loud_spans(std::span<const float> samples);

/// Lets words meet in the pauses of 120 ms or more between those spans, no word being said across one: each pause goes
/// to two words that the alignment lets meet within half a second of it, in order and with the least distance in all.
void meet_in_pauses(std::span<Word> words, std::span<const SpeechSpan> loud);

}  // namespace voxlate::whisper
