// WebVTT (W3C), UTF-8 without a byte order mark:
//
//   file  := "WEBVTT" LF LF [ "NOTE language: " tag LF LF ] cue*
//   cue   := time " --> " time LF line+ LF
//   time  := hh ":" mm ":" ss "." mmm              two or more digits of hours
//   line  := text LF                               not blank; & < > as &amp; &lt; &gt;, so "-->" cannot occur

#include "subtitles/vtt_writer.h"

#include <algorithm>

#include "subtitles/cue_text.h"

namespace voxlate::subtitles {
namespace {

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

bool is_tag(std::string_view language) {
  const auto is_subtag_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !language.empty() && std::all_of(language.begin(), language.end(), is_subtag_char) &&
         language.find("--") == std::string_view::npos;
}

}  // namespace

std::string write_vtt(std::span<const Cue> cues, std::string_view language) {
  std::string file = "WEBVTT\n\n";
  if (is_tag(language)) file += "NOTE language: " + std::string(language) + "\n\n";
  for (const Cue& cue : cues) {
    const std::vector<std::string> lines = clean_lines(cue.lines);
    if (lines.empty()) continue;
    file += format_timestamp(cue.begin, '.') + " --> " + format_timestamp(cue.end, '.') + '\n';
    for (const std::string& line : lines) file += escape(line) + '\n';
    file += '\n';
  }
  return file;
}

}  // namespace voxlate::subtitles
