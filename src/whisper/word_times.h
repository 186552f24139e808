#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "voxlate/transcript.h"
#include "whisper/net/network.h"
#include "whisper/tokenizer.h"

namespace voxlate::whisper {

/// A path through a table of costs: for each step the row and the column it is at, from the first cell to the last.
struct AlignmentPath {
  std::vector<int> rows;
  std::vector<int> columns;
};

/// The cheapest path from the first to the last cell of `costs` [rows, columns] that goes down, right or both.
AlignmentPath cheapest_path(std::span<const float> costs, int rows, int columns);

/// What the decoder's attention says about when each token was said: row t of the result, [tokens, frames], is high
/// where token t is heard. Scores are soft-maxed, normalised over the tokens, smoothed over the time and averaged
/// over the heads, as in `find_alignment` of OpenAI's timing.py.
std::vector<float> heard_where(const CrossAttention& attention, int heads);

struct TimedWords {
  std::vector<Word> words;              ///< times count from the window's start
  std::vector<std::size_t> end_tokens;  ///< of each word: how many of the text tokens end with it
};

/// Times of the words of a window by dynamic time warping over the decoder's attention. `text`: the ordinary tokens
/// of the window, `length` what of the window is audio. The words are in order and inside `length`.
TimedWords time_words(const Network& network, const Tokenizer& tokenizer, std::span<const AttentionHead> heads,
                      std::shared_ptr<const EncodedAudio> audio, std::span<const int> start, std::span<const int> text,
                      std::string_view language, std::chrono::milliseconds length);

}  // namespace voxlate::whisper
