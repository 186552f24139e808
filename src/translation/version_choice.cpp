#include "translation/version_choice.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>
#include <optional>

#include "translation/text_layout.h"

namespace voxlate::translation {
namespace {

constexpr double kWorthless = -std::numeric_limits<double>::infinity();

double worth(const CheckedVersion& version, const VersionRule& rule) {
  if (trimmed(version.text).empty()) return kWorthless;
  const double penalty = static_cast<double>(version.problems.size()) * rule.problem_penalty +
                         (version.is_broken ? rule.broken_penalty : 0);
  return version.score - penalty;
}

}  // namespace

double needed_reading_speed(const Sentence& sentence, const std::string& text, const std::string& language,
                            const JoinOptions& join) {
  double fastest = 0;
  for (const Segment& cue : lay_back(std::span(&sentence, 1), std::span(&text, 1), language, join)) {
    const double seconds = std::chrono::duration<double>(cue.end - cue.begin).count();
    const auto characters = static_cast<double>(count_graphemes(cue.text));
    fastest = std::max(fastest, seconds > 0 ? characters / seconds : std::numeric_limits<double>::infinity());
  }
  return fastest;
}

std::size_t choose_version(const Sentence& sentence, std::span<const CheckedVersion> versions,
                           const std::string& language, const JoinOptions& join, const VersionRule& rule) {
  assert(!versions.empty());
  std::vector<double> worths;
  for (const CheckedVersion& version : versions) worths.push_back(worth(version, rule));
  const double best = *std::max_element(worths.begin(), worths.end());
  if (best == kWorthless) return 0;
  const auto fits = [&](std::size_t i) {
    return rule.characters_per_second <= 0 ||
           needed_reading_speed(sentence, versions[i].text, language, join) <= rule.characters_per_second;
  };
  std::optional<std::size_t> best_fitting;
  std::optional<std::size_t> shortest;
  std::size_t fewest = 0;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (worths[i] < best - rule.score_margin) continue;
    if ((!best_fitting || worths[i] > worths[*best_fitting]) && fits(i)) best_fitting = i;
    const std::size_t characters = count_graphemes(versions[i].text);
    if (shortest && characters >= fewest) continue;
    shortest = i;
    fewest = characters;
  }
  return best_fitting.value_or(shortest.value_or(0));
}

}  // namespace voxlate::translation
