#include "whisper/word_times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "whisper/words.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr int kSmoothing = 7;  // frames of the median filter
constexpr milliseconds kFrame{1000 / kFramesPerSecond};

void softmax(std::span<float> row) {
  const float largest = *std::max_element(row.begin(), row.end());
  float sum = 0;
  for (float& value : row) sum += value = std::exp(value - largest);
  for (float& value : row) value /= sum;
}

/// Each column of `table` [rows, columns] gets the mean 0 and the deviation 1.
void normalise_columns(std::span<float> table, std::size_t rows, std::size_t columns) {
  for (std::size_t column = 0; column < columns; ++column) {
    double sum = 0;
    double squares = 0;
    for (std::size_t row = 0; row < rows; ++row) sum += table[row * columns + column];
    const double mean = sum / static_cast<double>(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const double centred = table[row * columns + column] - mean;
      squares += centred * centred;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(rows));
    for (std::size_t row = 0; row < rows; ++row) {
      float& value = table[row * columns + column];
      value = deviation > 0 ? static_cast<float>((value - mean) / deviation) : 0.0F;
    }
  }
}

/// Adds the running median of `row`, mirrored at its ends, to `sum`.
void add_median_filtered(std::span<const float> row, std::span<float> sum) {
  const auto size = static_cast<std::ptrdiff_t>(row.size());
  constexpr std::ptrdiff_t kReach = kSmoothing / 2;
  const auto mirrored = [&](std::ptrdiff_t index) {
    if (index < 0) index = -index;
    if (index >= size) index = 2 * (size - 1) - index;
    return row[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(index, 0, size - 1))];
  };
  for (std::ptrdiff_t at = 0; at < size; ++at) {
    std::array<float, kSmoothing> around{};
    for (std::ptrdiff_t i = 0; i < kSmoothing; ++i) around[static_cast<std::size_t>(i)] = mirrored(at + i - kReach);
    std::nth_element(around.begin(), around.begin() + kReach, around.end());
    sum[static_cast<std::size_t>(at)] += around[kReach];
  }
}

bool ends_sentence(std::string_view text) {
  constexpr std::array<std::string_view, 6> kMarks{".", "!", "?", "。", "！", "？"};
  return std::any_of(kMarks.begin(), kMarks.end(), [&](std::string_view mark) { return text.ends_with(mark); });
}

/// A word is rarely more than twice as long as its neighbours: one at the end of a sentence that is has taken over
/// the pause behind it, the one after it the pause before (`add_word_timestamps` of OpenAI's timing.py).
void shorten_at_sentences(std::vector<Word>& words) {
  std::vector<milliseconds> lengths;
  for (const Word& word : words) {
    if (word.end > word.begin) lengths.push_back(word.end - word.begin);
  }
  if (lengths.empty()) return;
  std::nth_element(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2), lengths.end());
  const milliseconds longest = 2 * std::min(lengths[lengths.size() / 2], milliseconds(700));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].end - words[i].begin <= longest) continue;
    if (ends_sentence(words[i].text)) {
      words[i].end = words[i].begin + longest;
    } else if (i == 0 || ends_sentence(words[i - 1].text)) {
      words[i].begin = words[i].end - longest;
    }
  }
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string() : std::string(text.substr(first));
}

/// How many tokens stand before each piece, and at last all of them.
std::vector<std::size_t> token_borders(std::span<const WordTokens> pieces) {
  std::vector<std::size_t> borders{0};
  for (const WordTokens& piece : pieces) borders.push_back(borders.back() + piece.tokens.size());
  return borders;
}

float mean(std::span<const float> values) {
  return values.empty() ? 0 : std::accumulate(values.begin(), values.end(), 0.0F) / static_cast<float>(values.size());
}

/// First frame of each row of the path.
std::vector<milliseconds> row_starts(const AlignmentPath& path) {
  std::vector<milliseconds> starts;
  for (std::size_t step = 0; step < path.rows.size(); ++step) {
    if (step == 0 || path.rows[step] != path.rows[step - 1]) starts.push_back(path.columns[step] * kFrame);
  }
  return starts;
}

}  // namespace

AlignmentPath cheapest_path(std::span<const float> costs, int rows, int columns) {
  enum Step : std::uint8_t { kBoth, kDown, kRight };
  const auto width = static_cast<std::size_t>(columns);
  std::vector<Step> steps(static_cast<std::size_t>(rows) * width, kBoth);
  std::vector<double> above(width + 1, std::numeric_limits<double>::infinity());
  above[0] = 0;
  std::vector<double> here(width + 1);
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    here[0] = std::numeric_limits<double>::infinity();
    for (std::size_t column = 0; column < width; ++column) {
      const double both = above[column];
      const double down = above[column + 1];
      const double right = here[column];
      const Step step = both < down && both < right ? kBoth : down < both && down < right ? kDown : kRight;
      steps[row * width + column] = step;
      here[column + 1] = double{costs[row * width + column]} + (step == kBoth ? both : step == kDown ? down : right);
    }
    std::swap(above, here);
  }
  AlignmentPath path;
  int row = rows - 1;
  int column = columns - 1;
  while (row >= 0 && column >= 0) {
    path.rows.push_back(row);
    path.columns.push_back(column);
    const Step step = row == 0      ? kRight
                      : column == 0 ? kDown
                                    : steps[static_cast<std::size_t>(row) * width + static_cast<std::size_t>(column)];
    if (step != kRight) --row;
    if (step != kDown) --column;
  }
  std::reverse(path.rows.begin(), path.rows.end());
  std::reverse(path.columns.begin(), path.columns.end());
  return path;
}

std::vector<float> heard_where(const CrossAttention& attention, int heads) {
  const auto tokens = static_cast<std::size_t>(attention.tokens);
  const auto frames = static_cast<std::size_t>(attention.frames);
  std::vector<float> mean(tokens * frames);
  for (std::size_t head = 0; head < static_cast<std::size_t>(heads); ++head) {
    std::vector<float> table(attention.scores.begin() + static_cast<std::ptrdiff_t>(head * tokens * frames),
                             attention.scores.begin() + static_cast<std::ptrdiff_t>((head + 1) * tokens * frames));
    for (std::size_t token = 0; token < tokens; ++token) softmax(std::span(table).subspan(token * frames, frames));
    normalise_columns(table, tokens, frames);
    for (std::size_t token = 0; token < tokens; ++token) {
      add_median_filtered(std::span(table).subspan(token * frames, frames),
                          std::span(mean).subspan(token * frames, frames));
    }
  }
  for (float& value : mean) value /= static_cast<float>(heads);
  return mean;
}

TimedWords time_words(const Network& network, const Tokenizer& tokenizer, std::span<const AttentionHead> heads,
                      std::shared_ptr<const EncodedAudio> audio, std::span<const int> start, std::span<const int> text,
                      std::string_view language, milliseconds length) {
  const int frames = static_cast<int>(length / kFrame);
  if (text.empty() || frames == 0) return {};
  std::vector<int> tokens(start.begin(), start.end());
  tokens.push_back(tokenizer.no_timestamps());
  tokens.insert(tokens.end(), text.begin(), text.end());
  tokens.push_back(tokenizer.eot());
  const CrossAttention attention = network.cross_attention(std::move(audio), tokens, heads, frames);
  std::vector<float> costs = heard_where(attention, static_cast<int>(heads.size()));
  for (float& cost : costs) cost = -cost;
  // The row before a token's own tells where it is heard: the attention there looks for what comes next.
  const std::size_t first = start.size() * static_cast<std::size_t>(attention.frames);
  const auto rows = static_cast<int>(text.size()) + 1;
  const std::vector<milliseconds> starts =
      row_starts(cheapest_path(std::span(costs).subspan(first), rows, attention.frames));

  std::vector<WordTokens> pieces = split_words(tokenizer, text, language);
  const std::vector<std::size_t> borders = token_borders(pieces);
  merge_punctuation(pieces);  // the times of a word stay its own
  const std::vector<std::size_t> merged_borders = token_borders(pieces);
  TimedWords timed;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string word = trimmed(pieces[i].text);
    if (word.empty()) {
      if (!timed.end_tokens.empty()) timed.end_tokens.back() = merged_borders[i + 1];
      continue;
    }
    const auto probabilities = std::span(attention.probabilities).subspan(start.size() + 1);
    timed.words.push_back({.text = std::move(word),
                           .begin = starts[borders[i]],
                           .end = starts[borders[i + 1]],
                           .confidence = mean(probabilities.subspan(borders[i], borders[i + 1] - borders[i]))});
    timed.end_tokens.push_back(merged_borders[i + 1]);
  }
  shorten_at_sentences(timed.words);
  return timed;
}

}  // namespace voxlate::whisper
