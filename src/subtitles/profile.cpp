#include "subtitles/profile.h"

#include <algorithm>
#include <array>

#include "subtitles/language_rules.h"
#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;

Profile make_profile(const char* name, int chars_per_line, double max_cps, double best_cps, int min_ms, int max_ms,
                     int gap_ms) {
  return {.name = name,
          .chars_per_line = chars_per_line,
          .lines = 2,
          .max_cps = max_cps,
          .best_cps = best_cps,
          .min_duration = milliseconds(min_ms),
          .max_duration = milliseconds(max_ms),
          .gap = milliseconds(gap_ms),
          .is_full_width = chars_per_line <= 16};
}

const std::array<Profile, 8>& profiles() {
  static const std::array<Profile, 8> kProfiles{
      make_profile("netflix-en", 42, 20, 15, 833, 7007, 83), make_profile("netflix", 42, 17, 12, 833, 7007, 83),
      make_profile("netflix-zh", 16, 9, 9, 833, 7007, 83),   make_profile("netflix-th", 35, 17, 17, 833, 7007, 83),
      make_profile("prime", 42, 17, 12, 1000, 7007, 83),     make_profile("bbc", 37, 15, 15, 833, 7007, 83),
      make_profile("arte", 40, 20, 12, 1000, 10000, 200),    make_profile("shorts", 24, 25, 18, 700, 5000, 0),
  };
  return kProfiles;
}

}  // namespace

std::vector<std::string> profile_names() {
  std::vector<std::string> names;
  for (const Profile& profile : profiles()) names.push_back(profile.name);
  return names;
}

const Profile& find_profile(std::string_view name) {
  const auto& all = profiles();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Profile& profile) { return profile.name == name; });
  if (found != all.end()) return *found;
  std::string known;
  for (const Profile& profile : all) known += (known.empty() ? "" : ", ") + profile.name;
  throw Error(ErrorCode::kInvalidInput,
              "subtitle profile: expected one of " + known + ", got \"" + std::string(name) + "\"");
}

const Profile& default_profile_for(std::string_view language) {
  const std::string code = primary_language(language);
  if (code == "en" || code == "zh" || code == "th") return find_profile("netflix-" + code);
  return find_profile("netflix");
}

}  // namespace voxlate::subtitles
