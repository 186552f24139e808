#include "subtitles/cue_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace voxlate::subtitles {
namespace {

/// Replaces every `from` in `text`.
void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Valid UTF-8 with all line ends (Unicode's too) as '\n' and all other control characters as spaces.
std::string normalised(std::string_view text) {
  std::string result = repair_utf8(text);
  replace_all(result, "\xEF\xBB\xBF", "");    // byte order mark
  replace_all(result, "\xC2\x85", "\n");      // next line
  replace_all(result, "\xE2\x80\xA8", "\n");  // line separator
  replace_all(result, "\xE2\x80\xA9", "\n");  // paragraph separator
  for (char& c : result) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r' || c == '\v' || c == '\f') {
      c = '\n';
    } else if ((byte < 0x20 && c != '\n') || byte == 0x7f) {
      c = ' ';
    }
  }
  return result;
}

std::string trimmed(std::string text) {
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace

std::string clean_line(std::string_view text) {
  std::string line = normalised(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return trimmed(std::move(line));
}

std::vector<std::string> clean_lines(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  for (const std::string& line : lines) {
    const std::string text = normalised(line);
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      std::string part = trimmed(text.substr(begin, end - begin));
      if (!part.empty()) result.push_back(std::move(part));
      begin = end + 1;
    }
  }
  return result;
}

std::string format_timestamp(std::chrono::milliseconds time, char separator) {
  const auto ms = std::max<std::int64_t>(time.count(), 0);
  return fmt::format("{:02}:{:02}:{:02}{}{:03}", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, separator, ms % 1000);
}

}  // namespace voxlate::subtitles
