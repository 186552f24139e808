#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// Text between two timestamps of a window; times count from the window's start.
struct TokenSegment {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::size_t first_token = 0;  ///< index of the first text token among the window's tokens
  std::vector<int> tokens;      ///< text only
};

struct WindowCut {
  std::vector<TokenSegment> segments;
  std::chrono::milliseconds advance{};  ///< where the next window begins
};

/// Cuts the tokens of a window of that length at its timestamps, and says where to go on: behind the last whole
/// segment when the window ends inside one, else behind the window (the seek algorithm of OpenAI's transcribe.py).
WindowCut cut_window(const Tokenizer& tokenizer, std::span<const int> tokens, std::chrono::milliseconds length);

}  // namespace voxlate::whisper
