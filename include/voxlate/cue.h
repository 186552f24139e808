#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace voxlate {

/// One subtitle on the screen during the media time `[begin, end)`; one entry of `lines` a line, UTF-8.
struct Cue {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::vector<std::string> lines;

  bool operator==(const Cue&) const = default;
};

}  // namespace voxlate
