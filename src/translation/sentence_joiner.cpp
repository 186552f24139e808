#include "translation/sentence_joiner.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "translation/inline_tags.h"
#include "translation/sentence_ends.h"
#include "translation/text_layout.h"

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;

/// Text with fewer sentence ends than one in so many characters counts as unmarked.
constexpr std::size_t kCharactersPerMark = 300;

/// A piece of one segment that belongs to one sentence.
struct Fragment {
  std::string text;
  SentencePart part;
  bool ends_sentence = false;
};

std::string with_single_spaces(std::string_view text) {
  std::string single;
  bool pending = false;
  for (const char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      pending = !single.empty();
      continue;
    }
    if (pending) single += ' ';
    pending = false;
    single += c;
  }
  return single;
}

/// Tells the media time at the cuts of one segment's text.
class SegmentTimes {
 public:
  SegmentTimes(const Segment& segment, const std::string& text) : segment_(segment), text_(text) {
    if (!find_words()) find_words_by_blanks();
  }

  /// Where the text before `offset` ends and where that behind it begins.
  std::pair<milliseconds, milliseconds> at(std::size_t offset) const {
    const std::string_view before = std::string_view(text_).substr(0, offset);
    const auto word = std::lower_bound(word_offsets_.begin(), word_offsets_.end(), offset);
    if (word != word_offsets_.end() && *word == offset && offset > 0) {
      const auto next = static_cast<std::size_t>(word - word_offsets_.begin());
      const milliseconds end = inside(segment_.words[next - 1].end);
      return {end, std::max(end, inside(segment_.words[next].begin))};
    }
    const double share = static_cast<double>(count_characters(before)) / static_cast<double>(count_characters(text_));
    const milliseconds time =
        segment_.begin + milliseconds(static_cast<milliseconds::rep>(
                             share * static_cast<double>((segment_.end - segment_.begin).count())));
    return {time, time};
  }

 private:
  milliseconds inside(milliseconds time) const { return std::max(segment_.begin, std::min(time, segment_.end)); }

  /// Words that are the text, with or without blanks between them.
  bool find_words() {
    std::size_t offset = 0;
    for (const Word& word : segment_.words) {
      if (offset < text_.size() && text_[offset] == ' ') ++offset;
      if (word.text.empty() || text_.compare(offset, word.text.size(), word.text) != 0) return false;
      word_offsets_.push_back(offset);
      offset += word.text.size();
    }
    return offset == text_.size();
  }

  /// Words that are written in another way, as many as there are in the text.
  void find_words_by_blanks() {
    word_offsets_.clear();
    const auto blanks = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), ' '));
    if (segment_.words.size() != blanks + 1) return;
    word_offsets_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i)
      if (text_[i] == ' ') word_offsets_.push_back(i + 1);
  }

  const Segment& segment_;
  const std::string& text_;
  std::vector<std::size_t> word_offsets_;  ///< of each word of the segment; empty: unknown
};

struct Cut {
  std::size_t offset = 0;  ///< behind the blanks that follow
  bool ends_sentence = false;
};

/// Where to cut the text of a segment: behind its sentences, and inside those that are too long.
std::vector<Cut> cuts_of(const std::string& text, const std::string& language, std::size_t max_characters) {
  std::vector<Cut> cuts;
  std::vector<std::size_t> ends = sentence_ends(text);
  const bool is_open = ends.empty() || ends.back() != text.size();
  if (is_open) ends.push_back(text.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    std::size_t end = ends[i];
    if (end < text.size() && text[end] == ' ') ++end;
    const std::string_view sentence = std::string_view(text).substr(begin, end - begin);
    const std::vector<std::size_t> shares((count_characters(sentence) + max_characters - 1) / max_characters, 1);
    const std::vector<std::string> pieces = split_in_proportion(sentence, shares, language);
    for (std::size_t piece = 0; piece + 1 < pieces.size(); ++piece) {
      begin += pieces[piece].size();
      if (text[begin] == ' ') ++begin;
      cuts.push_back({.offset = begin, .ends_sentence = true});
    }
    begin = end;
    cuts.push_back({.offset = end, .ends_sentence = !is_open || i + 1 < ends.size()});
  }
  return cuts;
}

std::vector<Fragment> fragments_of(const Segment& segment, std::size_t index, const std::string& language,
                                   std::size_t max_characters) {
  const std::string text = with_single_spaces(segment.text);
  std::vector<Fragment> fragments;
  if (text.empty()) return fragments;
  const SegmentTimes times(segment, text);
  std::size_t begin = 0;
  milliseconds begin_time = segment.begin;
  for (const Cut& cut : cuts_of(text, language, max_characters)) {
    const bool is_last = cut.offset == text.size();
    auto [end_time, next_time] = is_last ? std::pair(segment.end, segment.end) : times.at(cut.offset);
    end_time = std::max(end_time, begin_time);
    const std::string_view piece = trimmed(std::string_view(text).substr(begin, cut.offset - begin));
    fragments.push_back({.text = std::string(piece),
                         .part = {.segment = index,
                                  .begin = begin_time,
                                  .end = end_time,
                                  .characters = count_characters(without_tags(piece))},
                         .ends_sentence = cut.ends_sentence});
    begin = cut.offset;
    begin_time = std::max(end_time, next_time);
  }
  return fragments;
}

bool is_marked(std::span<const Segment> segments) {
  std::size_t characters = 0;
  std::size_t ends = 0;
  for (const Segment& segment : segments) {
    characters += count_characters(segment.text);
    ends += sentence_ends(segment.text).size();
  }
  return ends * kCharactersPerMark >= characters;
}

/// Whether `next` starts a new sentence although the one before has no mark.
bool breaks_before(const Sentence& sentence, const Fragment& next, const JoinLimits& limits) {
  const SentencePart& last = sentence.parts.back();
  return next.part.begin - last.end >= limits.pause ||
         next.part.end - sentence.parts.front().begin > limits.max_duration ||
         count_characters(sentence.text) + 1 + next.part.characters > limits.max_characters;
}

/// A translated part on its way to becoming a segment.
struct LaidPart {
  std::size_t first_segment = 0;
  std::size_t last_segment = 0;
  milliseconds begin{};
  milliseconds end{};
  std::size_t characters = 0;  ///< of the source
  std::string text;
};

std::vector<LaidPart> parts_of(const Sentence& sentence) {
  std::vector<LaidPart> parts;
  parts.reserve(sentence.parts.size());
  for (const SentencePart& part : sentence.parts) {
    parts.push_back({.first_segment = part.segment,
                     .last_segment = part.segment,
                     .begin = part.begin,
                     .end = part.end,
                     .characters = part.characters,
                     .text = {}});
  }
  return parts;
}

/// Makes one of the two neighbours that have the least text together.
void merge_smallest(std::vector<LaidPart>& parts) {
  std::size_t best = 0;
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    if (parts[i].characters + parts[i + 1].characters < parts[best].characters + parts[best + 1].characters) best = i;
  }
  LaidPart& left = parts[best];
  const LaidPart& right = parts[best + 1];
  left.last_segment = right.last_segment;
  left.end = right.end;
  left.characters += right.characters;
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
}

std::vector<LaidPart> lay_sentence(const Sentence& sentence, const std::string& translation,
                                   const std::string& language) {
  std::vector<LaidPart> parts = parts_of(sentence);
  std::vector<std::string> texts;
  while (true) {
    std::vector<std::size_t> weights;
    for (const LaidPart& part : parts) weights.push_back(part.characters);
    texts = split_tagged(translation, weights, language);
    if (texts.empty()) return {};
    if (texts.size() == parts.size()) break;
    while (parts.size() > texts.size()) merge_smallest(parts);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i].text = std::move(texts[i]);
  return parts;
}

/// Whether two parts are of one segment and too short to stand alone.
bool belong_together(const LaidPart& left, const LaidPart& right, milliseconds min_part) {
  return left.last_segment == right.first_segment &&
         (left.end - left.begin < min_part || right.end - right.begin < min_part);
}

}  // namespace

std::vector<Sentence> join_sentences(std::span<const Segment> segments, const std::string& language,
                                     const JoinOptions& options) {
  const JoinLimits& limits = is_marked(segments) ? options.marked : options.unmarked;
  std::vector<Sentence> sentences;
  bool is_open = false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    for (Fragment& fragment : fragments_of(segments[i], i, language, limits.max_characters)) {
      if (!is_open || breaks_before(sentences.back(), fragment, limits)) sentences.emplace_back();
      Sentence& sentence = sentences.back();
      sentence.text = joined_text(sentence.text, fragment.text);
      sentence.parts.push_back(fragment.part);
      is_open = !fragment.ends_sentence;
    }
  }
  return sentences;
}

std::vector<Segment> lay_back(std::span<const Sentence> sentences, std::span<const std::string> translations,
                              const std::string& language, const JoinOptions& options) {
  assert(sentences.size() == translations.size());
  std::vector<LaidPart> laid;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    for (LaidPart& part : lay_sentence(sentences[i], translations[i], language)) {
      if (!laid.empty() && belong_together(laid.back(), part, options.min_part)) {
        laid.back().last_segment = part.last_segment;
        laid.back().end = part.end;
        laid.back().text = joined_text(laid.back().text, part.text);
      } else {
        laid.push_back(std::move(part));
      }
    }
  }
  std::vector<Segment> segments;
  segments.reserve(laid.size());
  for (LaidPart& part : laid)
    segments.push_back(
        {.begin = part.begin, .end = part.end, .text = std::move(part.text), .words = {}, .confidence = 0});
  return segments;
}

}  // namespace voxlate::translation
