// Tab-separated values, UTF-8:
//
//   file := "start" TAB "end" TAB "text" LF row*
//   row  := ms TAB ms TAB text LF                  whole milliseconds; no tab or line end in the text

#include "subtitles/tsv_writer.h"

#include "subtitles/cue_text.h"

namespace voxlate::subtitles {

std::string write_tsv(const Transcript& transcript) {
  std::string file = "start\tend\ttext\n";
  for (const Segment& segment : transcript.segments) {
    const std::string text = clean_line(segment.text);
    if (text.empty()) continue;
    file += std::to_string(segment.begin.count()) + '\t' + std::to_string(segment.end.count()) + '\t' + text + '\n';
  }
  return file;
}

}  // namespace voxlate::subtitles
