#include "subtitles/speech_units.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>

#include "base/utf8.h"
#include "subtitles/graphemes.h"
#include "subtitles/language_rules.h"
#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using icu::UnicodeString;
using std::chrono::milliseconds;

constexpr double kWordCut = 34;
constexpr double kPhraseCut = 22;
constexpr double kClauseCut = 7;
constexpr double kOrphanCut = 45;      // added: an article or preposition left behind
constexpr double kWeakOrphanCut = 14;  // added: a pronoun or auxiliary left behind

UnicodeString from_utf8(std::string_view text) {
  return UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string to_utf8(const UnicodeString& text) {
  std::string bytes;
  text.toUTF8String(bytes);
  return bytes;
}

bool is_breaking_space(UChar32 c) {
  const bool is_tied = c == 0x00a0 || c == 0x202f || c == 0x2007;
  return !is_tied && (u_isUWhiteSpace(c) != 0 || u_charType(c) == U_CONTROL_CHAR);
}

/// Runs of spaces and control characters as one space, none at the ends; no byte order marks.
UnicodeString clean(std::string_view text) {
  const UnicodeString raw = from_utf8(repair_utf8(text));
  UnicodeString result;
  for (int32_t i = 0; i < raw.length(); i = raw.moveIndex32(i, 1)) {
    const UChar32 c = raw.char32At(i);
    if (c == 0xfeff) continue;
    if (!is_breaking_space(c)) {
      result.append(c);
    } else if (!result.isEmpty() && result.charAt(result.length() - 1) != u' ') {
      result.append(u' ');
    }
  }
  return result.trim();
}

UnicodeString without_spaces(const UnicodeString& text) {
  UnicodeString result;
  for (int32_t i = 0; i < text.length(); ++i) {
    if (text.charAt(i) != u' ') result.append(text.charAt(i));
  }
  return result;
}

/// Scripts whose words are not parted by spaces.
bool is_spaceless(UChar32 c) {
  if ((c >= 0x3000 && c <= 0x303f) || (c >= 0xff00 && c <= 0xff65)) return true;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(c, &status)) {
    case USCRIPT_HAN:
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_KHMER:
    case USCRIPT_MYANMAR: return true;
    default: return false;
  }
}

bool is_wide_punctuation(UChar32 c) {
  return ((c >= 0x3000 && c <= 0x303f) || (c >= 0xff00 && c <= 0xff65)) && u_ispunct(c) != 0;
}

bool is_kana_or_han(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(c, &status);
  return script == USCRIPT_HAN || script == USCRIPT_KATAKANA;
}

bool is_hiragana(UChar32 c) { return c >= 0x3041 && c <= 0x309f; }

UChar32 first_of(const UnicodeString& text) { return text.isEmpty() ? 0 : text.char32At(0); }
UChar32 last_of(const UnicodeString& text) { return text.isEmpty() ? 0 : text.char32At(text.length() - 1); }

/// Characters that take two columns on a screen.
int wide_characters(const UnicodeString& text) {
  int wide = 0;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const int32_t width = u_getIntPropertyValue(text.char32At(i), UCHAR_EAST_ASIAN_WIDTH);
    if ((width == U_EA_WIDE || width == U_EA_FULLWIDTH) && u_ispunct(text.char32At(i)) == 0) ++wide;
  }
  return wide;
}

/// In lower case, without the punctuation around it; apostrophes and inner full stops stay.
UnicodeString bare_word(const UnicodeString& token) {
  int32_t begin = 0;
  int32_t end = token.length();
  const auto is_edge = [](UChar32 c) { return u_ispunct(c) != 0 && c != '\'' && c != 0x2019 && c != 0x0e46; };
  while (begin < end && is_edge(token.char32At(begin))) begin = token.moveIndex32(begin, 1);
  while (end > begin && is_edge(token.char32At(end - 1))) end = token.moveIndex32(end, -1);
  UnicodeString bare = token.tempSubStringBetween(begin, end);
  bare.findAndReplace(UnicodeString(UChar32{0x2019}), UnicodeString(UChar32{'\''}));
  return bare.foldCase();
}

/// A stretch of letters (spaces not counted) that is spoken evenly from `begin` to `end`.
struct TimedSpan {
  int32_t letters_begin = 0;
  int32_t letters_end = 0;
  milliseconds begin{};
  milliseconds end{};

  milliseconds at(int32_t letter) const {
    const double part = static_cast<double>(letter - letters_begin) / std::max(letters_end - letters_begin, 1);
    return begin + milliseconds(std::llround(part * static_cast<double>((end - begin).count())));
  }
};

struct TimedText {
  UnicodeString text;
  std::vector<TimedSpan> spans;  // covers all letters of `text` in order
};

std::vector<UnicodeString> split_at_spaces(const UnicodeString& text) {
  std::vector<UnicodeString> tokens;
  for (int32_t begin = 0; begin < text.length();) {
    int32_t end = text.indexOf(u' ', begin);
    if (end < 0) end = text.length();
    tokens.push_back(text.tempSubStringBetween(begin, end));
    begin = end + 1;
  }
  return tokens;
}

void add_span(TimedText& timed, int32_t letters, milliseconds begin, milliseconds end) {
  const int32_t at = timed.spans.empty() ? 0 : timed.spans.back().letters_end;
  timed.spans.push_back({at, at + letters, begin, std::max(begin, end)});
}

/// The words joined where their segment's own text cannot be used.
UnicodeString join_words(const std::vector<UnicodeString>& words) {
  UnicodeString joined;
  for (const UnicodeString& word : words) {
    const bool is_apart = !joined.isEmpty() && !(is_spaceless(last_of(joined)) && is_spaceless(first_of(word)));
    if (is_apart) joined.append(u' ');
    joined.append(word);
  }
  return joined;
}

/// The text of a segment with the times of its words. Its own text is kept where it is the words plus spaces,
/// or where it has as many tokens as there are words; else the words are the text.
TimedText time_by_words(const Segment& segment) {
  std::vector<UnicodeString> words;
  std::vector<const Word*> sources;
  UnicodeString letters;
  for (const Word& word : segment.words) {
    UnicodeString text = clean(word.text);
    if (text.isEmpty()) continue;
    letters.append(without_spaces(text));
    words.push_back(std::move(text));
    sources.push_back(&word);
  }
  TimedText timed;
  timed.text = clean(segment.text);
  std::vector<UnicodeString> tokens = split_at_spaces(timed.text);
  if (without_spaces(timed.text) == letters) {
    tokens = words;
  } else if (tokens.size() != words.size()) {
    timed.text = join_words(words);
    tokens = words;
  }
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    add_span(timed, without_spaces(tokens[i]).length(), sources[i]->begin, sources[i]->end);
  }
  return timed;
}

/// Cuts clean text into units. Not thread-safe; ICU's iterators hold state.
class UnitCutter {
 public:
  explicit UnitCutter(const std::string& language) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Locale words(language.c_str());
    const icu::Locale lines((language + "@lb=strict").c_str());
    words_.reset(icu::BreakIterator::createWordInstance(words, status));
    lines_.reset(icu::BreakIterator::createLineInstance(lines, status));
    if (U_FAILURE(status) != 0) throw Error(ErrorCode::kInternal, std::string("ICU: ") + u_errorName(status));
  }

  /// Positions where units begin, in order; the first is 0.
  std::vector<int32_t> cut(const UnicodeString& text) {
    words_->setText(text);
    lines_->setText(text);
    std::vector<int32_t> begins;
    if (!text.isEmpty()) begins.push_back(0);
    for (int32_t i = 1; i < text.length(); ++i) {
      const bool may_cut =
          text.charAt(i - 1) == u' ' ? may_cut_at_space(text, begins.back(), i) : may_cut_inside(text, i);
      if (may_cut) begins.push_back(i);
    }
    return begins;
  }

 private:
  bool may_cut_inside(const UnicodeString& text, int32_t at) {
    if (text.charAt(at) == u' ' || U16_IS_TRAIL(text.charAt(at))) return false;
    const bool is_candidate = is_spaceless(text.char32At(at - 1)) || is_spaceless(text.char32At(at));
    return is_candidate && lines_->isBoundary(at) != 0 && words_->isBoundary(at) != 0;
  }

  /// Punctuation that stands alone stays with the word it belongs to: "Bonjour !", "Москва — столица",
  /// "- Hello", "¿ Qué". So does the Thai repetition mark, which is written after a space.
  static bool may_cut_at_space(const UnicodeString& text, int32_t unit_begin, int32_t at) {
    const UnicodeString before = text.tempSubStringBetween(unit_begin, at - 1);
    int32_t end = text.indexOf(u' ', at);
    if (end < 0) end = text.length();
    const UnicodeString token = text.tempSubStringBetween(at, end);
    const UChar32 first = first_of(token);
    if (first == 0x0e46 || first == 0x0e2f) return false;
    const bool is_opener_before = is_only_punctuation(before) && (opens(last_of(before)) || is_dash(last_of(before)));
    if (is_opener_before) return false;
    if (!is_only_punctuation(token) || opens(first)) return true;
    if (!is_dash(first)) return false;
    const UChar32 last = last_of(before);
    return last == '.' || last == '!' || last == '?' || last == 0x2026;
  }

  static bool is_only_punctuation(const UnicodeString& token) {
    for (int32_t i = 0; i < token.length(); i = token.moveIndex32(i, 1)) {
      if (u_ispunct(token.char32At(i)) == 0) return false;
    }
    return !token.isEmpty();
  }

  static bool is_dash(UChar32 c) { return u_charType(c) == U_DASH_PUNCTUATION; }

  static bool opens(UChar32 c) {
    const auto type = u_charType(c);
    return type == U_START_PUNCTUATION || type == U_INITIAL_PUNCTUATION || c == 0x00bf || c == 0x00a1;
  }

  std::unique_ptr<icu::BreakIterator> words_;
  std::unique_ptr<icu::BreakIterator> lines_;
};

/// Grades the place between two neighbouring units of one segment.
class JunctureGrader {
 public:
  explicit JunctureGrader(const std::string& language)
      : rules_(language_rules(language)),
        is_japanese_(language == "ja"),
        has_ordinal_points_(writes_ordinals_with_point(language)) {}

  void grade(SpeechUnit& unit, const UnicodeString& left, const UnicodeString& right, bool is_space) const {
    const UnicodeString left_word = bare_word(left);
    const UnicodeString right_word = bare_word(right);
    unit.after = juncture(left, right, left_word, right_word, is_space);
    switch (unit.after) {
      case Juncture::kSentence: unit.cut_cost = 0; break;
      case Juncture::kClause: unit.cut_cost = kClauseCut; break;
      case Juncture::kPhrase: unit.cut_cost = kPhraseCut; break;
      case Juncture::kWord: unit.cut_cost = kWordCut + (is_japanese_ ? japanese_cost(left, right) : 0); break;
    }
    if (unit.after == Juncture::kSentence || unit.after == Juncture::kClause) return;
    if (has(rules_.leans_forward, left_word) || is_abbreviation(left)) {
      unit.cut_cost += kOrphanCut;
    } else if (has(rules_.leans_forward_weakly, left_word) || is_number(left_word)) {
      unit.cut_cost += kWeakOrphanCut;
    }
    if (has(rules_.leans_back, right_word)) unit.cut_cost += kOrphanCut;
  }

 private:
  static bool has(const LanguageRules::Words& words, const UnicodeString& word) {
    return !words.empty() && words.count(to_utf8(word)) > 0;
  }

  static bool is_number(const UnicodeString& word) { return u_isdigit(last_of(word)) != 0; }

  /// "Dr.", the initial of "J. Smith", and the ordinal of "15. Jahrhundert".
  bool is_abbreviation(const UnicodeString& token) const {
    if (last_of(token) != '.') return false;
    const UnicodeString word = bare_word(token);
    const bool is_initial =
        word.countChar32() == 1 && u_isalpha(word.char32At(0)) != 0 && u_isupper(first_of(token)) != 0;
    const bool is_ordinal = has_ordinal_points_ && word.length() <= 2 && u_isdigit(first_of(word)) != 0;
    return (is_initial && first_of(token) != 'I') || is_ordinal || has(rules_.abbreviations, word);
  }

  /// As in "What?" he said.
  static bool begins_in_lower_case(const UnicodeString& token) {
    int32_t at = 0;
    while (at < token.length() && u_isalnum(token.char32At(at)) == 0) at = token.moveIndex32(at, 1);
    return at < token.length() && u_islower(token.char32At(at)) != 0;
  }

  static UChar32 mark_at_end(const UnicodeString& token) {
    int32_t end = token.length();
    while (end > 0) {
      const UChar32 c = token.char32At(end - 1);
      const auto type = u_charType(c);
      const bool is_closer = type == U_END_PUNCTUATION || type == U_FINAL_PUNCTUATION || c == '"' || c == '\'';
      if (!is_closer) return c;
      end = token.moveIndex32(end, -1);
    }
    return 0;
  }

  Juncture juncture(const UnicodeString& left, const UnicodeString& right, const UnicodeString& left_word,
                    const UnicodeString& right_word, bool is_space) const {
    static const UnicodeString kEnders = UnicodeString::fromUTF8(".!?…。！？．؟۔।॥།။።։‼⁇⁈⁉");
    static const UnicodeString kCommas = UnicodeString::fromUTF8(",;:—–،؛、，；：・");
    const UChar32 mark = mark_at_end(left);
    if (mark != 0 && kEnders.indexOf(mark) >= 0 && !(mark == '.' && is_abbreviation(left))) {
      return begins_in_lower_case(right) ? Juncture::kClause : Juncture::kSentence;
    }
    if (mark != 0 && kCommas.indexOf(mark) >= 0 && mark != 0x30fb) return Juncture::kClause;
    if (u_charType(last_of(left)) == U_END_PUNCTUATION || u_charType(first_of(right)) == U_START_PUNCTUATION) {
      return Juncture::kPhrase;
    }
    const bool is_phrase_space = is_space && is_spaceless(last_of(left)) && is_spaceless(first_of(right));
    if (is_phrase_space) return Juncture::kClause;
    const bool is_opened = has(rules_.opens_clause, right_word) && !has(rules_.opens_clause, left_word);
    return is_opened ? Juncture::kPhrase : Juncture::kWord;
  }

  /// A Japanese phrase ends in kana (a particle or an ending) and the next begins with kanji, katakana or Latin.
  static double japanese_cost(const UnicodeString& left, const UnicodeString& right) {
    const UChar32 last = last_of(left);
    const UChar32 first = first_of(right);
    if (is_hiragana(first)) return 20;
    if (is_hiragana(last)) return ends_phrase(left) ? -18 : -8;
    return is_kana_or_han(last) && is_kana_or_han(first) ? 15 : 0;
  }

  /// Particles that close a phrase; not the possessive one, which ties two nouns together.
  static bool ends_phrase(const UnicodeString& word) {
    static const UnicodeString kParticles = UnicodeString::fromUTF8("はがをにへとでもてらば");
    return kParticles.indexOf(last_of(word)) >= 0;
  }

  const LanguageRules& rules_;
  const bool is_japanese_;
  const bool has_ordinal_points_;
};

/// Collects the units of one segment after the other.
class UnitMaker {
 public:
  UnitMaker(const std::string& language, double max_cps, milliseconds media_end)
      : cutter_(language), grader_(language), max_cps_(max_cps), media_end_(media_end) {}

  void add(const Segment& segment, milliseconds next_begin) {
    TimedText timed = time_by_words(segment);
    if (timed.spans.empty()) timed = time_by_length(segment, next_begin);
    const std::vector<int32_t> begins = cutter_.cut(timed.text);
    const std::size_t first_unit = units_.size();
    std::vector<UnicodeString> texts;
    int32_t letter = 0;
    std::size_t span = 0;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      const int32_t end = i + 1 < begins.size() ? begins[i + 1] : timed.text.length();
      texts.push_back(UnicodeString(timed.text, begins[i], end - begins[i]).trim());
      SpeechUnit unit;
      unit.text = to_utf8(texts.back());
      unit.length = graphemes_.count(unit.text);
      unit.columns = unit.length + std::min(wide_characters(texts.back()), unit.length);
      unit.space_before = begins[i] > 0 ? timed.text.charAt(begins[i] - 1) == u' ' : is_apart_from_last(texts.back());
      const int32_t letter_end = letter + without_spaces(texts.back()).length();
      while (timed.spans[span].letters_end <= letter) ++span;
      unit.begin = timed.spans[span].at(letter);
      while (timed.spans[span].letters_end < letter_end) ++span;
      unit.end = timed.spans[span].at(letter_end);
      letter = letter_end;
      units_.push_back(std::move(unit));
    }
    for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
      grader_.grade(units_[first_unit + i], texts[i], texts[i + 1], units_[first_unit + i + 1].space_before);
    }
    if (first_unit > 0 && !texts.empty()) {
      grade_segment_end(units_[first_unit - 1], texts.front());
      segment_ends_.push_back(first_unit - 1);
    }
    if (!texts.empty()) last_ = texts.back();
  }

  std::vector<SpeechUnit> finish() {
    end_sentences_without_marks();
    milliseconds earliest{0};
    for (std::size_t i = 0; i < units_.size(); ++i) {
      SpeechUnit& unit = units_[i];
      unit.begin = std::clamp(unit.begin, earliest, media_end_);
      unit.end = std::clamp(unit.end, unit.begin, media_end_);
      earliest = unit.begin;
      if (i > 0) units_[i - 1].end = std::min(units_[i - 1].end, unit.begin);
    }
    return std::move(units_);
  }

 private:
  TimedText time_by_length(const Segment& segment, milliseconds next_begin) {
    TimedText timed;
    timed.text = clean(segment.text);
    const int32_t letters = without_spaces(timed.text).length();
    if (letters == 0) return timed;
    const double needed_ms = 1000.0 * graphemes_.count(to_utf8(timed.text)) / max_cps_;
    const milliseconds readable = segment.begin + milliseconds(static_cast<std::int64_t>(std::ceil(needed_ms)));
    const milliseconds free_until = std::max(segment.end, std::min(next_begin, media_end_));
    add_span(timed, letters, segment.begin, std::clamp(readable, segment.end, free_until));
    return timed;
  }

  bool is_apart_from_last(const UnicodeString& text) const {
    return !last_.isEmpty() && !is_wide_punctuation(last_of(last_)) && !is_wide_punctuation(first_of(text));
  }

  /// An engine ends its segments where the speaker does: at least a clause, whatever the text says.
  void grade_segment_end(SpeechUnit& unit, const UnicodeString& next) const {
    grader_.grade(unit, last_, next, /*is_space=*/true);
    if (unit.after != Juncture::kSentence) unit.after = Juncture::kClause;
    unit.cut_cost = std::min(unit.cut_cost, kClauseCut + kWeakOrphanCut);
  }

  /// In Thai, and from engines that write no punctuation, a sentence can only be told by its segment.
  void end_sentences_without_marks() {
    const bool has_marks = std::any_of(units_.begin(), units_.end() - (units_.empty() ? 0 : 1),
                                       [](const SpeechUnit& unit) { return unit.after == Juncture::kSentence; });
    if (has_marks) return;
    for (const std::size_t i : segment_ends_) units_[i].after = Juncture::kSentence;
  }

  UnitCutter cutter_;
  JunctureGrader grader_;
  GraphemeCounter graphemes_;
  const double max_cps_;
  const milliseconds media_end_;
  UnicodeString last_;
  std::vector<std::size_t> segment_ends_;  // units
  std::vector<SpeechUnit> units_;
};

}  // namespace

std::vector<SpeechUnit> make_speech_units(const Transcript& transcript, double max_cps, milliseconds media_end) {
  UnitMaker maker(primary_language(transcript.language), max_cps, media_end);
  for (std::size_t i = 0; i < transcript.segments.size(); ++i) {
    const bool is_last = i + 1 == transcript.segments.size();
    maker.add(transcript.segments[i], is_last ? media_end : transcript.segments[i + 1].begin);
  }
  return maker.finish();
}

}  // namespace voxlate::subtitles
