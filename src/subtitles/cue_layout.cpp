// How speech becomes subtitles.
//
// The transcript is first one row of units: words that are never cut, each with its time and with the cost of
// ending a line behind it (speech_units). A pause of more than 1.5 s always ends a cue, so the row falls into
// stretches that have nothing to do with each other. Within a stretch the question is where to cut.
//
// A greedy walk (fill the cue, cut at the last good place) answers it badly: it leaves "of it." alone in the next
// cue, or cuts after an article because it looked no further. So every division is weighed, by dynamic
// programming: the best layout of the first n units is the best layout of the first k plus one cue of the units k
// to n, for the best k. This is exact because a cue's cost depends on nothing but its own units and the begin of
// the unit after it: a cue begins when its first word does, and so its end (cue_timing) and its lines
// (line_layout) are known as soon as k and n are. A cue holds few units, so the work grows with the length of
// the speech and not with its square.
//
// Each cue has two costs. `broken` counts what a rule of the profile forbids: too fast, too short, too long, a
// line too wide. `taste` is what a subtitler would mind: an end after an article, a sentence end in the middle, a
// cue of two words, an unbalanced pair of lines, hasty reading. The first search puts `broken` before all taste, so
// that a stretch that can be laid out by the rules is. If it cannot be, because somebody speaks faster than anybody
// reads, this order would tear sentences apart to gain a tenth of a character per second; a second search then
// adds both costs, with a price on each broken rule.
//
// Last, the ends that only bad times can produce (many words in one millisecond) are repaired, so that what
// cue_layout.h guarantees holds for every transcript.
//
// Tested by cue_layout_test (examples) and cue_layout_property_test, which compares with all divisions.

#include "subtitles/cue_layout.h"

#include <algorithm>
#include <span>

#include "subtitles/cue_timing.h"
#include "subtitles/line_layout.h"
#include "subtitles/speech_units.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestPause{1500};  // inside a cue
constexpr milliseconds kNoticedPause{300};   // shorter ones are breathing
constexpr milliseconds kPhrasingPause{800};  // as good a place to cut as a comma
constexpr milliseconds kComfortable{1200};   // cues shorter than this are restless
constexpr double kCueCost = 15;              // of one more cue
constexpr double kInnerSentenceCost = 24;    // of a sentence end inside a cue of whole sentences
constexpr double kTornSentenceCost = 60;     // of one inside a cue that holds only a part of a sentence beside it
constexpr double kCueEndShare = 1.25;        // a cue's end disturbs more than a unit's cut_cost says
constexpr double kInnerPauseCost = 30;       // of a pause of kLongestPause inside a cue
constexpr double kPartFillCost = 40;         // of a nearly empty cue that is a part of a sentence
constexpr double kShortCost = 15;
constexpr double kHastyCost = 12;  // of reading at the highest speed instead of the best

// Prices of broken rules, for stretches that cannot be clean.
constexpr double kWidePrice = 50000;
constexpr double kLongPrice = 50000;
constexpr double kShortPrice = 800;
constexpr double kFastPrice = 60;
constexpr double kFasterPrice = 300;  // times the share by which it is too fast
constexpr double kNoTimePrice = 5000;

struct Cost {
  double broken = 0;  // rules broken, each counted 1 plus its relative excess
  double price = 0;   // the same, as a part of taste
  double taste = 0;

  Cost operator+(const Cost& other) const { return {broken + other.broken, price + other.price, taste + other.taste}; }

  void breaks(double excess, double rule_price) {
    broken += 1 + excess;
    price += rule_price;
  }
};

enum class Aim { kNoBrokenRule, kLeastHarm };

bool is_better(const Cost& a, const Cost& b, Aim aim) {
  constexpr double kEqual = 1e-9;
  if (aim == Aim::kLeastHarm) return a.price + a.taste < b.price + b.taste - kEqual;
  return a.broken < b.broken - kEqual || (a.broken < b.broken + kEqual && a.taste < b.taste - kEqual);
}

/// Units `[begin, end)` of the whole row.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class CueDivider {
 public:
  CueDivider(std::span<const SpeechUnit> units, const Profile& profile, milliseconds media_end)
      : units_(units), profile_(profile), media_end_(media_end) {}

  /// The best division of a stretch: the cues, in order.
  std::vector<Stretch> divide(Stretch stretch) const {
    const Division clean = search(stretch, Aim::kNoBrokenRule);
    return clean.cost.broken == 0 ? clean.cues : search(stretch, Aim::kLeastHarm).cues;
  }

  /// The cue of some units; its end may lie before its begin when there is no time.
  Cue make_cue(Stretch cue) const {
    const auto units = units_.subspan(cue.begin, cue.end - cue.begin);
    const LineLayout layout = lay_out_lines(units, profile_);
    Cue result{.begin = units.front().begin, .end = end_of(cue, layout.length), .lines = {}};
    std::size_t first = 0;
    for (const std::size_t last : layout.ends) {
      result.lines.push_back(join_units(units.subspan(first, last - first)));
      first = last;
    }
    return result;
  }

 private:
  struct Division {
    std::vector<Stretch> cues;
    Cost cost;
  };

  Division search(Stretch stretch, Aim aim) const {
    struct Best {
      Cost cost;
      std::size_t last_cue_begin = 0;
    };
    const std::size_t count = stretch.end - stretch.begin;
    std::vector<Best> best(count + 1);  // of the first n units
    for (std::size_t n = 1; n <= count; ++n) {
      const std::size_t end = stretch.begin + n;
      bool is_first = true;
      int width = 0;
      for (std::size_t begin = end; begin-- > stretch.begin;) {
        width += std::min(units_[begin].length, profile_.chars_per_line);
        if (end - begin > 1 && width > profile_.chars_per_line * profile_.lines) break;
        const Cost cost = best[begin - stretch.begin].cost + cue_cost({begin, end}, stretch);
        if (is_first || is_better(cost, best[n].cost, aim)) best[n] = {cost, begin};
        is_first = false;
      }
    }
    Division division{.cues = {}, .cost = best[count].cost};
    for (std::size_t end = stretch.end; end > stretch.begin;) {
      const std::size_t begin = best[end - stretch.begin].last_cue_begin;
      division.cues.push_back({begin, end});
      end = begin;
    }
    std::reverse(division.cues.begin(), division.cues.end());
    return division;
  }

  milliseconds end_of(Stretch cue, int length) const {
    CueSpeech speech{.begin = units_[cue.begin].begin,
                     .end = units_[cue.end - 1].end,
                     .next_begin = std::nullopt,
                     .media_end = media_end_,
                     .length = length};
    if (cue.end < units_.size()) speech.next_begin = units_[cue.end].begin;
    return cue_end(speech, profile_);
  }

  Cost cue_cost(Stretch cue, Stretch stretch) const {
    const LineLayout layout = lay_out_lines(units_.subspan(cue.begin, cue.end - cue.begin), profile_);
    const milliseconds duration = end_of(cue, layout.length) - units_[cue.begin].begin;
    Cost cost = broken_rules(cue, layout, duration);
    cost.taste = kCueCost + layout.taste + end_taste(cue, stretch) + inner_taste(cue, stretch) +
                 fill_taste(cue, stretch, layout.length) + speed_taste(layout.length, duration);
    return cost;
  }

  Cost broken_rules(Stretch cue, const LineLayout& layout, milliseconds duration) const {
    Cost cost;
    if (layout.excess > 0) cost.breaks(layout.excess, kWidePrice * layout.excess);
    if (duration < profile_.min_duration) {
      const double missing =
          1.0 - static_cast<double>(duration.count()) / static_cast<double>(profile_.min_duration.count());
      cost.breaks(missing, kShortPrice * (0.5 + missing));
    }
    if (duration <= milliseconds(0)) {
      cost.breaks(1, kNoTimePrice);
      return cost;
    }
    const double cps = 1000.0 * layout.length / static_cast<double>(duration.count());
    if (cps > profile_.max_cps) {
      const double excess = std::min(cps / profile_.max_cps - 1, 10.0);
      cost.breaks(excess, kFastPrice + kFasterPrice * excess);
    }
    const milliseconds spoken = units_[cue.end - 1].end - units_[cue.begin].begin;
    if (spoken > profile_.max_duration && cue.end - cue.begin > 1) cost.breaks(1, kLongPrice);
    return cost;
  }

  milliseconds pause_after(std::size_t unit) const { return units_[unit + 1].begin - units_[unit].end; }

  bool holds_whole_sentences(Stretch cue, Stretch stretch) const {
    const bool starts = cue.begin == stretch.begin || units_[cue.begin - 1].after == Juncture::kSentence;
    const bool ends = cue.end == stretch.end || units_[cue.end - 1].after == Juncture::kSentence;
    return starts && ends;
  }

  /// How well a cue may end where this one does. A pause makes any place a good one.
  double end_taste(Stretch cue, Stretch stretch) const {
    if (cue.end == stretch.end) return 0;
    const double pause = static_cast<double>(pause_after(cue.end - 1).count());
    return kCueEndShare * units_[cue.end - 1].cut_cost *
           std::max(0.0, 1.0 - pause / static_cast<double>(kPhrasingPause.count()));
  }

  double inner_taste(Stretch cue, Stretch stretch) const {
    const double sentence_cost = holds_whole_sentences(cue, stretch) ? kInnerSentenceCost : kTornSentenceCost;
    double taste = 0;
    for (std::size_t i = cue.begin; i + 1 < cue.end; ++i) {
      if (units_[i].after == Juncture::kSentence) taste += sentence_cost;
      const double over = static_cast<double>((pause_after(i) - kNoticedPause).count());
      const double range = static_cast<double>((kLongestPause - kNoticedPause).count());
      taste += kInnerPauseCost * std::max(0.0, over / range);
    }
    return taste;
  }

  /// A part of a sentence should be a good part: cuts lie past the middle and leave no crumbs.
  double fill_taste(Stretch cue, Stretch stretch, int length) const {
    if (holds_whole_sentences(cue, stretch)) return 0;
    const double fill = static_cast<double>(length) / (profile_.chars_per_line * profile_.lines);
    return kPartFillCost * std::max(0.0, 0.5 - fill);
  }

  double speed_taste(int length, milliseconds duration) const {
    if (duration <= milliseconds(0)) return kHastyCost + kShortCost;
    const double ms = static_cast<double>(duration.count());
    const double short_by = std::max(0.0, 1.0 - ms / static_cast<double>(kComfortable.count()));
    double hasty = 0;
    if (profile_.max_cps > profile_.best_cps) {
      hasty = (1000.0 * length / ms - profile_.best_cps) / (profile_.max_cps - profile_.best_cps);
    }
    return kShortCost * short_by + kHastyCost * std::clamp(hasty, 0.0, 1.0);
  }

  std::span<const SpeechUnit> units_;
  const Profile& profile_;
  const milliseconds media_end_;
};

/// The end of the media: what the transcript states, or else the last segment's end.
milliseconds media_end_of(const Transcript& transcript) {
  if (transcript.duration > milliseconds(0)) return transcript.duration;
  milliseconds end{0};
  for (const Segment& segment : transcript.segments) end = std::max(end, segment.end);
  return end;
}

/// Appends `cue`, or adds its lines to the cue before where there is no time between the two.
void append(std::vector<Cue>& cues, Cue cue, const Profile& profile) {
  if (!cues.empty()) {
    Cue& before = cues.back();
    if (cue.begin - profile.gap <= before.begin) {
      before.lines.insert(before.lines.end(), cue.lines.begin(), cue.lines.end());
      before.end = std::max(before.end, std::min(cue.end, before.begin + profile.max_duration));
      return;
    }
    before.end = std::min(before.end, cue.begin - profile.gap);
  }
  cues.push_back(std::move(cue));
}

/// The very last cue may have no time left before the media's end: it then begins earlier.
void give_time(std::vector<Cue>& cues, const Profile& profile, milliseconds media_end) {
  constexpr milliseconds kShortest{1};
  while (!cues.empty() && cues.back().end <= cues.back().begin) {
    Cue& last = cues.back();
    last.end = std::max(std::min(last.begin + kShortest, media_end), kShortest);
    last.begin = last.end - kShortest;
    if (cues.size() == 1) return;
    Cue moved = std::move(last);
    cues.pop_back();
    append(cues, std::move(moved), profile);
  }
}

}  // namespace

std::vector<Cue> make_cues(const Transcript& transcript, const Profile& profile) {
  const milliseconds media_end = media_end_of(transcript);
  const std::vector<SpeechUnit> units = make_speech_units(transcript, profile.max_cps, media_end);
  const CueDivider divider(units, profile, media_end);
  std::vector<Cue> cues;
  for (std::size_t begin = 0; begin < units.size();) {
    std::size_t end = begin + 1;
    while (end < units.size() && units[end].begin - units[end - 1].end <= kLongestPause) ++end;
    for (const Stretch& cue : divider.divide({begin, end})) append(cues, divider.make_cue(cue), profile);
    begin = end;
  }
  give_time(cues, profile, media_end);
  return cues;
}

}  // namespace voxlate::subtitles
