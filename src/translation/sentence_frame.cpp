#include "translation/sentence_frame.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "translation/characters.h"

namespace voxlate::translation {
namespace {

constexpr std::size_t kLongestLabel = 60;
constexpr std::size_t kMostLabelWords = 4;
constexpr std::array kTitles = std::to_array<std::string_view>(
    {"Dr.", "Mr.", "Mrs.", "Ms.",   "Miss",    "Prof.", "Sir",  "Sr.", "Sra.", "Srta.", "Don",  "Doña", "Herr", "Frau",
     "M.",  "Mme", "Mlle", "Capt.", "Captain", "Sgt.",  "Det.", "Lt.", "Col.", "Gen.",  "Rev.", "г-н",  "г-жа"});

bool is_blank(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || c == 0x3000 || c == 0xFEFF; }
bool is_note(char32_t c) { return (c >= 0x2669 && c <= 0x266C) || c == 0x1F3B5 || c == 0x1F3B6 || c == 0x1F3BC; }
bool is_dash(char32_t c) { return c == '-' || (c >= 0x2010 && c <= 0x2015); }

/// A tag or a "#" of the frame, with the place where the frame would end without it.
struct Fence {
  std::size_t offset = 0;
  std::optional<std::size_t> tag;  ///< none: "#"
};

/// One end of a frame.
struct Side {
  std::size_t offset = 0;
  std::vector<Fence> fences;  ///< from outside

  void cut(std::size_t fence) {
    offset = fences[fence].offset;
    fences.resize(fence);
  }
  bool has_tag(std::size_t tag) const {
    return std::any_of(fences.begin(), fences.end(), [&](const Fence& fence) { return fence.tag == tag; });
  }
  bool has_hash() const {
    return std::any_of(fences.begin(), fences.end(), [](const Fence& fence) { return !fence.tag; });
  }
};

/// Bytes of the dashes or arrows of a dialogue at the front of `text`; none before a number ("-5").
std::size_t dash_size(std::string_view text) {
  std::size_t size = 0;
  if (text.substr(0, 2) == ">>") {
    size = std::min(text.find_first_not_of('>'), text.size());
  } else {
    Character dash = first_character(text);
    while (dash.size > 0 && is_dash(dash.code)) {
      size += dash.size;
      dash = first_character(text.substr(size));
    }
  }
  return is_digit(first_character(text.substr(size)).code) ? 0 : size;
}

Side front_of(std::string_view sentence, std::span<const InlineTag> tags) {
  Side side;
  std::size_t tag = 0;
  bool has_dash = false;
  bool has_label = false;
  while (side.offset < sentence.size()) {
    const std::string_view rest = sentence.substr(side.offset);
    const Character first = first_character(rest);
    if (tag < tags.size() && tags[tag].begin == side.offset) {
      side.fences.push_back({.offset = side.offset, .tag = tag});
      side.offset += tags[tag++].size;
    } else if (is_blank(first.code) || is_note(first.code)) {
      side.offset += first.size;
    } else if (first.code == '#' && rest.size() > 1 && rest[1] == ' ') {
      side.fences.push_back({.offset = side.offset, .tag = std::nullopt});
      side.offset += first.size;
    } else if (const std::size_t dash = has_dash || has_label ? 0 : dash_size(rest); dash > 0) {
      has_dash = true;
      side.offset += dash;
    } else if (const std::size_t label = has_label ? 0 : label_size(rest); label > 0) {
      has_label = true;
      side.offset += label;
    } else {
      break;
    }
  }
  return side;
}

Side back_of(std::string_view sentence, std::span<const InlineTag> tags, std::size_t front) {
  Side side{.offset = sentence.size(), .fences = {}};
  std::size_t tag = tags.size();
  while (side.offset > front) {
    const std::string_view rest = sentence.substr(0, side.offset);
    const Character last = last_character(rest);
    if (tag > 0 && tags[tag - 1].begin + tags[tag - 1].size == side.offset) {
      --tag;
      side.fences.push_back({.offset = side.offset, .tag = tag});
      side.offset = tags[tag].begin;
    } else if (is_blank(last.code) || is_note(last.code)) {
      side.offset -= last.size;
    } else if (last.code == '#' && rest.size() > 1 && rest[rest.size() - 2] == ' ') {
      side.fences.push_back({.offset = side.offset, .tag = std::nullopt});
      side.offset -= last.size;
    } else {
      break;
    }
  }
  return side;
}

/// Cuts `side` at the first fence whose partner is on neither side; whether there was one.
bool cut_at_lonely_fence(Side& side, const Side& other, std::span<const InlineTag> tags) {
  for (std::size_t i = 0; i < side.fences.size(); ++i) {
    const std::optional<std::size_t> tag = side.fences[i].tag;
    const bool is_whole =
        tag ? !tags[*tag].partner || side.has_tag(*tags[*tag].partner) || other.has_tag(*tags[*tag].partner)
            : other.has_hash();
    if (is_whole) continue;
    side.cut(i);
    return true;
  }
  return false;
}

struct LabelWord {
  std::string_view text;
  std::size_t letters = 0;
  bool begins_upper = false;
  bool is_upper = true;  ///< has no letter but capitals
  bool is_number = true;
};

/// Whether a label may have the word; reads it.
bool read_word(std::string_view text, LabelWord& word) {
  word.text = text;
  word.begins_upper = is_upper_letter(first_character(text).code);
  while (!text.empty()) {
    const Character character = first_character(text);
    text.remove_prefix(character.size);
    const bool letter = is_letter(character.code);
    if (letter) ++word.letters;
    if (letter && !is_upper_letter(character.code)) word.is_upper = false;
    if (!is_digit(character.code)) word.is_number = false;
    const bool allowed =
        letter || is_digit(character.code) || character.code == 0x2019 ||
        (character.code < 0x80 &&
         std::string_view(".'-_&#()/").find(static_cast<char>(character.code)) != std::string_view::npos);
    if (!allowed) return false;
  }
  return true;
}

bool is_label(std::span<const LabelWord> words) {
  std::size_t letters = 0;
  for (const LabelWord& word : words) letters += word.letters;
  if (letters >= 2 && std::all_of(words.begin(), words.end(), [](const LabelWord& word) { return word.is_upper; }))
    return true;
  if (words.size() < 2) return false;
  if (words.size() == 2 && words[1].is_number) return words[0].text == "Speaker";
  const bool has_title = std::find(kTitles.begin(), kTitles.end(), words.front().text) != kTitles.end();
  return has_title ? words[1].begins_upper
                   : std::all_of(words.begin(), words.end(), [](const LabelWord& word) { return word.begins_upper; });
}

}  // namespace

std::size_t label_size(std::string_view text) {
  const std::size_t colon = text.substr(0, kLongestLabel).find(':');
  if (colon == std::string_view::npos || colon == 0) return 0;
  if (colon + 1 < text.size() && !is_blank(first_character(text.substr(colon + 1)).code)) return 0;
  std::vector<LabelWord> words;
  std::string_view label = text.substr(0, colon);
  while (!label.empty()) {
    const std::size_t end = std::min(label.find(' '), label.size());
    LabelWord word;
    if (end == 0 || words.size() == kMostLabelWords || !read_word(label.substr(0, end), word)) return 0;
    words.push_back(word);
    label.remove_prefix(std::min(end + 1, label.size()));
  }
  return is_label(words) ? colon + 1 : 0;
}

SentenceFrame sentence_frame(std::string_view sentence, std::span<const InlineTag> tags) {
  Side front = front_of(sentence, tags);
  Side back = back_of(sentence, tags, front.offset);
  while (cut_at_lonely_fence(front, back, tags) || cut_at_lonely_fence(back, front, tags)) {
  }
  return {.before = front.offset, .after = sentence.size() - back.offset};
}

}  // namespace voxlate::translation
