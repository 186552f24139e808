// SubRip, UTF-8 without a byte order mark:
//
//   file  := cue*
//   cue   := number LF time " --> " time LF line+ LF
//   time  := hh ":" mm ":" ss "," mmm              two or more digits of hours
//   line  := text LF                               not blank, without "-->"
//
// SubRip has no escapes. "-->" in the text, which readers take for a time line, becomes an arrow sign.

#include "subtitles/srt_writer.h"

#include "subtitles/cue_text.h"

namespace voxlate::subtitles {

std::string write_srt(std::span<const Cue> cues) {
  constexpr std::string_view kArrow = "-->";
  std::string file;
  int number = 0;
  for (const Cue& cue : cues) {
    std::vector<std::string> lines = clean_lines(cue.lines);
    if (lines.empty()) continue;
    file += std::to_string(++number) + '\n';
    file += format_timestamp(cue.begin, ',') + " --> " + format_timestamp(cue.end, ',') + '\n';
    for (std::string& line : lines) {
      for (auto at = line.find(kArrow); at != std::string::npos; at = line.find(kArrow)) {
        line.replace(at, kArrow.size(), "\u2192");
      }
      file += line + '\n';
    }
    file += '\n';
  }
  return file;
}

}  // namespace voxlate::subtitles
