#include "subtitles/line_layout.h"

#include <algorithm>
#include <optional>

namespace voxlate::subtitles {
namespace {

constexpr double kLineCutShare = 0.6;    // a line's end disturbs less than a cue's
constexpr double kBalanceCost = 90;      // times the square of the difference to the mean, in lines
constexpr double kTopHeavyCost = 5;      // times how much longer than the mean the first line is
constexpr double kTooWideCost = 60;      // times how much wider than a screen's line, for full-width characters
constexpr double kPartingSentences = 6;  // gained when each sentence has its own line

/// A profile made for Latin letters allows twice as many full-width characters as a screen has room for.
double too_wide_taste(std::span<const SpeechUnit> units, const Profile& profile) {
  if (profile.is_full_width) return 0;
  int columns = 0;
  for (std::size_t i = 0; i < units.size(); ++i) columns += units[i].columns + (i > 0 && units[i].space_before ? 1 : 0);
  return kTooWideCost * std::max(0.0, static_cast<double>(columns) / profile.chars_per_line - 1);
}

struct Search {
  std::span<const SpeechUnit> units;
  const Profile& profile;
  double mean;  // characters a line would have if all were equal

  LineLayout one_line(std::size_t first, std::size_t last) const {
    const int length = line_length(units.subspan(first, last - first));
    const double limit = profile.chars_per_line;
    const double off = (length - mean) / limit;
    LineLayout line{.ends = {last}, .length = length, .taste = kBalanceCost * off * off};
    if (first == 0 && off > 0) line.taste += kTopHeavyCost * off;
    line.taste += too_wide_taste(units.subspan(first, last - first), profile);
    if (length > profile.chars_per_line && last - first > 1) line.excess = 1 + (length - limit) / limit;
    return line;
  }

  /// The best way to put `[first, end)` on exactly `lines` lines; nothing when there are fewer units. Profiles
  /// have two or three lines, so plain recursion is cheap.
  std::optional<LineLayout> best(std::size_t first, int lines) const {
    if (first == units.size()) return std::nullopt;
    if (lines == 1) return one_line(first, units.size());
    std::optional<LineLayout> best_so_far;
    for (std::size_t cut = first + 1; cut < units.size(); ++cut) {
      const LineLayout upper = one_line(first, cut);
      const bool is_hopeless = best_so_far && upper.excess > best_so_far->excess;
      if (is_hopeless) break;
      std::optional<LineLayout> lower = best(cut, lines - 1);
      if (!lower) break;
      lower->ends.insert(lower->ends.begin(), cut);
      lower->length += upper.length;
      lower->excess += upper.excess;
      lower->taste += upper.taste + cut_taste(units[cut - 1]);
      if (!best_so_far || is_better(*lower, *best_so_far)) best_so_far = std::move(lower);
    }
    return best_so_far;
  }

  static double cut_taste(const SpeechUnit& unit) {
    return unit.after == Juncture::kSentence ? -kPartingSentences : kLineCutShare * unit.cut_cost;
  }

  static bool is_better(const LineLayout& a, const LineLayout& b) {
    return a.excess != b.excess ? a.excess < b.excess : a.taste < b.taste;
  }
};

}  // namespace

int line_length(std::span<const SpeechUnit> units) {
  int length = 0;
  for (std::size_t i = 0; i < units.size(); ++i) length += units[i].length + (i > 0 && units[i].space_before ? 1 : 0);
  return length;
}

std::string join_units(std::span<const SpeechUnit> units) {
  std::string line;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (i > 0 && units[i].space_before) line += ' ';
    line += units[i].text;
  }
  return line;
}

LineLayout lay_out_lines(std::span<const SpeechUnit> units, const Profile& profile) {
  const int length = line_length(units);
  LineLayout layout = Search{units, profile, static_cast<double>(length)}.one_line(0, units.size());
  for (int lines = 2; lines <= profile.lines && (layout.excess > 0 || too_wide_taste(units, profile) > 0); ++lines) {
    const Search search{units, profile, static_cast<double>(length) / lines};
    std::optional<LineLayout> found = search.best(0, lines);
    if (found && Search::is_better(*found, layout)) layout = std::move(*found);
  }
  return layout;
}

}  // namespace voxlate::subtitles
