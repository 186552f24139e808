#include "sphinx/segments.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace voxlate::sphinx {
namespace {

constexpr std::chrono::milliseconds kFrame{10};

char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// "b." or "u.s.a."
bool is_abbreviation_of_letters(std::string_view word) {
  if (word.size() < 2 || word.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < word.size(); i += 2)
    if (word[i] < 'a' || word[i] > 'z' || word[i + 1] != '.') return false;
  return true;
}

Segment start_segment(const Word& first) {
  Segment segment;
  segment.begin = first.begin;
  return segment;
}

void finish_segment(Segment& segment, bool capital, bool full_stop) {
  if (capital) segment.words.front().text.front() = to_upper(segment.words.front().text.front());
  if (full_stop && !segment.words.back().text.ends_with('.')) segment.words.back().text += '.';
  float sum = 0;
  for (const Word& word : segment.words) {
    if (!segment.text.empty()) segment.text += ' ';
    segment.text += word.text;
    sum += word.confidence;
  }
  segment.end = segment.words.back().end;
  segment.confidence = sum / static_cast<float>(segment.words.size());
}

}  // namespace

std::string written_word(std::string_view word) {
  std::string written(word);
  if (word == "i" || word.starts_with("i'")) {
    written.front() = 'I';
  } else if (is_abbreviation_of_letters(word) && word != "a.m." && word != "p.m.") {
    std::transform(written.begin(), written.end(), written.begin(), to_upper);
    if (written.size() == 2) written.pop_back();
  }
  return written;
}

std::vector<Segment> make_segments(const std::vector<DecodedWord>& words, const UtterancePlace& place) {
  std::vector<Segment> segments;
  bool capital = place.starts_sentence;
  for (const DecodedWord& decoded : words) {
    Word word;
    word.text = written_word(decoded.text);
    word.begin = std::min(place.begin + decoded.begin_frame * kFrame, place.end);
    word.end = std::min(place.begin + decoded.end_frame * kFrame, place.end);
    word.confidence = decoded.posterior;
    if (segments.empty()) {
      segments.push_back(start_segment(word));
    } else if (word.begin - segments.back().words.back().end >= kSentencePause) {
      finish_segment(segments.back(), capital, /*full_stop=*/true);
      capital = true;
      segments.push_back(start_segment(word));
    }
    segments.back().words.push_back(std::move(word));
  }
  if (!segments.empty()) finish_segment(segments.back(), capital, place.ends_sentence);
  return segments;
}

}  // namespace voxlate::sphinx
