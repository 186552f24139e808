#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "subtitles/profile.h"
#include "voxlate/cue.h"

namespace voxlate::subtitles {

enum class Rule {
  kLineLength,     ///< characters of the cue's longest line
  kLineCount,      ///< lines
  kReadingSpeed,   ///< characters per second
  kDurationShort,  ///< milliseconds
  kDurationLong,   ///< milliseconds
  kGap,            ///< milliseconds to the cue before
  kOverlap,        ///< milliseconds shared with the cue before
  kOrder,          ///< milliseconds that the cue begins before the one before it
  kEmpty,          ///< characters
};

/// Stable snake_case name: "line_length".
std::string_view to_string(Rule rule);

struct Violation {
  std::size_t cue = 0;  ///< index of the cue, from 0
  Rule rule = Rule::kLineLength;
  double value = 0;  ///< what was found
  double limit = 0;  ///< what the profile allows

  bool operator==(const Violation&) const = default;
};

struct RuleReport {
  std::size_t cue_count = 0;
  std::vector<Violation> violations;  ///< ordered by cue

  bool operator==(const RuleReport&) const = default;
};

/// Everything about `cues` that `profile` does not allow. Characters are counted without tags; line ends do not
/// count. A cue without duration breaks `kDurationShort` and, having no speed, not `kReadingSpeed`. Pure.
RuleReport check_rules(std::span<const Cue> cues, const Profile& profile);

/// {"cues": n, "violations": [{"cue", "rule", "value", "limit", "message"}]}; values to 0.01, `message` for people.
std::string write_report_json(const RuleReport& report);

}  // namespace voxlate::subtitles
