#include "translation/protected_text.h"

#include <utility>

#include "translation/characters.h"
#include "translation/inline_tags.h"
#include "translation/piece_layout.h"
#include "translation/protected_spans.h"
#include "translation/sentence_frame.h"

namespace voxlate::translation {
namespace {

constexpr std::size_t kAttempts = 4;

/// Whether a place holder beside the character would look like a part of a word.
bool sticks(char32_t c) { return is_letter_or_digit(c) && !is_of_unspaced_words(c); }

/// Builds the text of a sentence from its parts.
class Composer {
 public:
  Composer(std::string_view sentence, SentenceFrame frame) : sentence_(sentence) {
    text_.before = sentence.substr(0, frame.before);
    text_.after = sentence.substr(sentence.size() - frame.after);
  }

  void add_words(std::string_view words) {
    if (words.empty()) return;
    if (behind_mark_ && sticks(first_character(words).code)) {
      text_.pieces[last_mark_].blank_after = true;
      add_plain(" ");
    }
    add_plain(words);
    behind_mark_ = false;
  }

  void add_tag(const InlineTag& tag, std::string_view written, std::string mark) {
    text_.pieces.push_back({.target = std::string(written),
                            .mark = std::move(mark),
                            .offset = plain_size_,
                            .is_tag = true,
                            .is_closing = tag.kind == InlineTag::Kind::kClosing});
    text_.text += text_.pieces.back().mark;
  }

  void add_piece(const std::string& target, std::string mark) {
    const bool blank = behind_mark_ || (!text_.text.empty() && sticks(last_character(text_.text).code));
    if (blank) add_plain(" ");
    text_.text += mark;
    text_.pieces.push_back({.target = target, .mark = std::move(mark), .offset = plain_size_, .blank_before = blank});
    last_mark_ = text_.pieces.size() - 1;
    behind_mark_ = true;
  }

  ProtectedText& text() { return text_; }

 private:
  void add_plain(std::string_view words) {
    text_.text += words;
    plain_size_ += words.size();
  }

  const std::string_view sentence_;
  ProtectedText text_;
  std::size_t plain_size_ = 0;
  std::size_t last_mark_ = 0;
  bool behind_mark_ = false;  ///< the text ends with the place holder of `last_mark_`
};

/// What was found in a sentence.
struct Findings {
  std::vector<InlineTag> tags;
  SentenceFrame frame;
  std::vector<ProtectedSpan> spans;
};

bool needs_mark(const ProtectedSpan& span, PlaceHolders style) {
  return style == PlaceHolders::kTags || (style == PlaceHolders::kNumbers && !span.tag);
}

/// Gives the tags among the pieces their partners; those in the frame have none here.
void set_partners(const Findings& found, std::vector<ProtectedPiece>& pieces) {
  std::vector<std::optional<std::size_t>> piece_of(found.tags.size());
  for (std::size_t i = 0; i < found.spans.size(); ++i)
    if (found.spans[i].tag) piece_of[*found.spans[i].tag] = i;
  for (std::size_t i = 0; i < found.spans.size(); ++i) {
    if (!found.spans[i].tag) continue;
    const std::optional<std::size_t> partner = found.tags[*found.spans[i].tag].partner;
    if (partner) pieces[i].partner = piece_of[*partner];
  }
}

/// Nothing when there are not enough place holders.
std::optional<ProtectedText> compose(std::string_view sentence, const Findings& found, const TextRules& rules,
                                     std::size_t attempt) {
  std::size_t wanted = 0;
  for (const ProtectedSpan& span : found.spans) wanted += needs_mark(span, rules.place_holders) ? 1 : 0;
  std::vector<std::string> marks = make_place_holders(rules.place_holders, wanted, sentence, attempt);
  if (marks.size() < wanted) return std::nullopt;
  Composer composer(sentence, found.frame);
  std::size_t begin = found.frame.before;
  std::size_t next_mark = 0;
  for (const ProtectedSpan& span : found.spans) {
    composer.add_words(sentence.substr(begin, span.begin - begin));
    std::string mark = needs_mark(span, rules.place_holders) ? std::move(marks[next_mark++]) : std::string();
    if (span.tag) {
      composer.add_tag(found.tags[*span.tag], span.target, std::move(mark));
    } else {
      composer.add_piece(span.target, std::move(mark));
    }
    begin = span.begin + span.size;
  }
  composer.add_words(sentence.substr(begin, sentence.size() - found.frame.after - begin));
  ProtectedText text = std::move(composer.text());
  set_partners(found, text.pieces);
  text.place_holders = rules.place_holders;
  text.target = rules.target;
  return text;
}

/// The sentence with its terms replaced.
std::string with_targets(std::string_view sentence, const Findings& found) {
  std::string replaced;
  std::size_t begin = 0;
  for (const ProtectedSpan& span : found.spans) {
    replaced += sentence.substr(begin, span.begin - begin);
    replaced += span.target;
    begin = span.begin + span.size;
  }
  return replaced.append(sentence.substr(begin));
}

bool has_words(std::string_view sentence, const Findings& found) {
  std::size_t begin = found.frame.before;
  for (const ProtectedSpan& span : found.spans) {
    if (has_letter(sentence.substr(begin, span.begin - begin))) return true;
    begin = span.begin + span.size;
  }
  return has_letter(sentence.substr(begin, sentence.size() - found.frame.after - begin));
}

}  // namespace

ProtectedText protect(std::string_view sentence, const TextRules& rules) {
  Findings found;
  found.tags = inline_tags(sentence);
  found.frame = sentence_frame(sentence, found.tags);
  found.spans = protected_spans(sentence, found.frame.before, sentence.size() - found.frame.after, found.tags,
                                {.glossary = rules.glossary, .plain_numbers = rules.protect_plain_numbers});
  const bool has_work = has_words(sentence, found);
  if (rules.place_holders != PlaceHolders::kNone) {
    const std::string wanted = with_targets(sentence, found);
    for (std::size_t attempt = 0; attempt < kAttempts; ++attempt) {
      std::optional<ProtectedText> text = compose(sentence, found, rules, attempt);
      if (!text || restore(*text, text->text) != wanted) continue;  // something in it looks like a place holder
      text->nothing_to_translate = !has_work;
      return std::move(*text);
    }
  }
  found.spans.clear();
  TextRules plain;
  plain.place_holders = PlaceHolders::kNone;
  plain.target = rules.target;
  ProtectedText text = *compose(sentence, found, plain, 0);
  text.nothing_to_translate = !has_work;
  return text;
}

Restored restore_and_check(const ProtectedText& source, std::string_view translation) {
  Restored restored = put_back(source, source.nothing_to_translate ? std::string_view(source.text) : translation);
  restored.text = source.before + restored.text + source.after;
  return restored;
}

std::string restore(const ProtectedText& source, std::string_view translation) {
  return restore_and_check(source, translation).text;
}

}  // namespace voxlate::translation
