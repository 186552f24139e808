#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::subtitles {

/// What readers of one market expect of subtitles. A character is a grapheme cluster; spaces count, tags do
/// not. A value; thread-safe.
struct Profile {
  std::string name;
  int chars_per_line = 0;
  int lines = 0;        ///< at most so many on the screen
  double max_cps = 0;   ///< characters per second that must not be passed
  double best_cps = 0;  ///< characters per second that read with ease; equal to `max_cps` where none is stated
  std::chrono::milliseconds min_duration{};
  std::chrono::milliseconds max_duration{};
  std::chrono::milliseconds gap{};  ///< at least so much between two cues
  bool is_full_width = false;       ///< the limits are meant for full-width characters, as of Chinese
};

/// The names `find_profile` knows.
std::vector<std::string> profile_names();

/// Throws `kInvalidInput`, naming the known ones, for an unknown name. The profile lives as long as the program.
const Profile& find_profile(std::string_view name);

/// The profile for text in `language` (BCP 47; region and script are ignored, an empty one is fine).
const Profile& default_profile_for(std::string_view language);

}  // namespace voxlate::subtitles
