#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::subtitles {

/// `text` as it may stand on one line of any text format: valid UTF-8, control characters and line ends as
/// spaces, no spaces at the ends, no byte order marks. Empty where nothing is left.
std::string clean_line(std::string_view text);

/// The lines of a cue, cleaned; line ends inside a line part it, empty lines are left out, so that no blank line
/// can end the cue early.
std::vector<std::string> clean_lines(const std::vector<std::string>& lines);

/// "00:01:02<separator>003"; three and more digits for the hours where needed. Negative times are 0.
std::string format_timestamp(std::chrono::milliseconds time, char separator);

}  // namespace voxlate::subtitles
