#include "subtitles/rule_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "subtitles/graphemes.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;

class RuleChecker {
 public:
  RuleChecker(std::span<const Cue> cues, const Profile& profile) : cues_(cues), profile_(profile) {}

  RuleReport run() {
    report_.cue_count = cues_.size();
    for (index_ = 0; index_ < cues_.size(); ++index_) {
      const int characters = check_text(cues_[index_]);
      check_duration(cues_[index_], characters);
      if (index_ > 0) check_neighbours(cues_[index_ - 1], cues_[index_]);
    }
    return std::move(report_);
  }

 private:
  void add(Rule rule, double value, double limit) { report_.violations.push_back({index_, rule, value, limit}); }

  int check_text(const Cue& cue) {
    int characters = 0;
    int longest = 0;
    for (const std::string& line : cue.lines) {
      const int length = graphemes_.count_visible(line);
      characters += length;
      longest = std::max(longest, length);
    }
    if (longest > profile_.chars_per_line) add(Rule::kLineLength, longest, profile_.chars_per_line);
    if (cue.lines.size() > static_cast<std::size_t>(profile_.lines)) {
      add(Rule::kLineCount, static_cast<double>(cue.lines.size()), profile_.lines);
    }
    if (characters == 0) add(Rule::kEmpty, 0, 1);
    return characters;
  }

  void check_duration(const Cue& cue, int characters) {
    const double duration_ms = static_cast<double>((cue.end - cue.begin).count());
    if (duration_ms > 0) {
      const double cps = 1000.0 * characters / duration_ms;
      if (cps > profile_.max_cps) add(Rule::kReadingSpeed, cps, profile_.max_cps);
    }
    const auto shortest = static_cast<double>(profile_.min_duration.count());
    const auto longest = static_cast<double>(profile_.max_duration.count());
    if (duration_ms < shortest || duration_ms <= 0) add(Rule::kDurationShort, duration_ms, shortest);
    if (duration_ms > longest) add(Rule::kDurationLong, duration_ms, longest);
  }

  void check_neighbours(const Cue& before, const Cue& cue) {
    const milliseconds between = cue.begin - before.end;
    if (cue.begin < before.begin) add(Rule::kOrder, static_cast<double>((before.begin - cue.begin).count()), 0);
    if (between < milliseconds(0)) {
      add(Rule::kOverlap, static_cast<double>(-between.count()), 0);
    } else if (between < profile_.gap) {
      add(Rule::kGap, static_cast<double>(between.count()), static_cast<double>(profile_.gap.count()));
    }
  }

  std::span<const Cue> cues_;
  const Profile& profile_;
  GraphemeCounter graphemes_;
  std::size_t index_ = 0;
  RuleReport report_;
};

std::string message_of(const Violation& found) {
  switch (found.rule) {
    case Rule::kLineLength: return fmt::format("a line has {} characters, at most {} fit", found.value, found.limit);
    case Rule::kLineCount: return fmt::format("{} lines, at most {} are allowed", found.value, found.limit);
    case Rule::kReadingSpeed:
      return fmt::format("{:.1f} characters per second, at most {} can be read", found.value, found.limit);
    case Rule::kDurationShort: return fmt::format("shown for {} ms, at least {} are needed", found.value, found.limit);
    case Rule::kDurationLong: return fmt::format("shown for {} ms, at most {} are allowed", found.value, found.limit);
    case Rule::kGap: return fmt::format("{} ms after the cue before, at least {} are needed", found.value, found.limit);
    case Rule::kOverlap: return fmt::format("begins {} ms before the cue before ends", found.value);
    case Rule::kOrder: return fmt::format("begins {} ms before the cue before it begins", found.value);
    case Rule::kEmpty: return "has no text";
  }
  return "";
}

}  // namespace

std::string_view to_string(Rule rule) {
  switch (rule) {
    case Rule::kLineLength: return "line_length";
    case Rule::kLineCount: return "line_count";
    case Rule::kReadingSpeed: return "reading_speed";
    case Rule::kDurationShort: return "duration_short";
    case Rule::kDurationLong: return "duration_long";
    case Rule::kGap: return "gap";
    case Rule::kOverlap: return "overlap";
    case Rule::kOrder: return "order";
    case Rule::kEmpty: return "empty";
  }
  return "";
}

RuleReport check_rules(std::span<const Cue> cues, const Profile& profile) { return RuleChecker(cues, profile).run(); }

std::string write_report_json(const RuleReport& report) {
  const auto rounded = [](double value) { return std::round(value * 100) / 100; };
  nlohmann::ordered_json violations = nlohmann::ordered_json::array();
  for (const Violation& found : report.violations) {
    violations.push_back({{"cue", found.cue},
                          {"rule", to_string(found.rule)},
                          {"value", rounded(found.value)},
                          {"limit", rounded(found.limit)},
                          {"message", message_of(found)}});
  }
  nlohmann::ordered_json json;
  json["cues"] = report.cue_count;
  json["violations"] = std::move(violations);
  return json.dump();
}

}  // namespace voxlate::subtitles
