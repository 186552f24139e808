#include "whisper/window_cut.h"

#include <algorithm>

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

/// The tokens `[first, last)`, timestamps left out.
TokenSegment segment_of(const Tokenizer& tokenizer, std::span<const int> tokens, std::size_t first, std::size_t last) {
  TokenSegment segment;
  segment.first_token = last;
  for (std::size_t i = first; i < last; ++i) {
    if (tokens[i] >= tokenizer.eot()) continue;
    segment.first_token = std::min(segment.first_token, i);
    segment.tokens.push_back(tokens[i]);
  }
  return segment;
}

}  // namespace

WindowCut cut_window(const Tokenizer& tokenizer, std::span<const int> tokens, milliseconds length) {
  const auto is_time = [&](std::size_t index) { return tokenizer.is_timestamp(tokens[index]); };
  const auto time_at = [&](std::size_t index) { return std::min(tokenizer.timestamp(tokens[index]), length); };
  const std::size_t count = tokens.size();
  const bool ends_whole = count >= 2 && is_time(count - 1) && !is_time(count - 2);
  std::vector<std::size_t> borders;  // each the second of two timestamps in a row
  for (std::size_t i = 1; i < count; ++i) {
    if (is_time(i) && is_time(i - 1)) borders.push_back(i);
  }

  WindowCut cut{.segments = {}, .advance = length};
  if (borders.empty()) {
    TokenSegment segment = segment_of(tokenizer, tokens, 0, count);
    segment.begin = count > 0 && is_time(0) ? time_at(0) : milliseconds(0);
    segment.end = length;
    for (std::size_t i = count; i-- > 1;) {
      if (!is_time(i)) continue;
      if (tokens[i] != tokenizer.timestamp_begin()) segment.end = time_at(i);
      break;
    }
    cut.segments.push_back(std::move(segment));
  } else {
    if (ends_whole) borders.push_back(count);
    std::size_t first = 0;
    for (const std::size_t border : borders) {
      TokenSegment segment = segment_of(tokenizer, tokens, first, border);
      segment.begin = time_at(first);
      segment.end = time_at(border - 1);
      cut.segments.push_back(std::move(segment));
      first = border;
    }
    if (!ends_whole) cut.advance = time_at(borders.back() - 1);
  }
  std::erase_if(cut.segments, [](const TokenSegment& segment) { return segment.tokens.empty(); });
  return cut;
}

}  // namespace voxlate::whisper
