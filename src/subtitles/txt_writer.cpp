// Plain text, UTF-8:
//
//   file       := [ paragraph ( LF paragraph )* ]
//   paragraph  := text LF                          not blank

#include "subtitles/txt_writer.h"

#include "subtitles/cue_text.h"

namespace voxlate::subtitles {
namespace {

constexpr std::chrono::milliseconds kParagraphPause{2000};

/// No space follows a full-width mark (U+3000 to U+303F, U+FF00 to U+FF65).
bool ends_with_wide_mark(std::string_view text) {
  if (text.size() < 3) return false;
  const std::string_view last = text.substr(text.size() - 3);
  return last.substr(0, 2) == "\xE3\x80" || last.substr(0, 2) == "\xEF\xBC" ||
         (last.substr(0, 2) == "\xEF\xBD" && static_cast<unsigned char>(last[2]) <= 0xa5);
}

void append_text(std::string& paragraph, std::string_view text) {
  if (!paragraph.empty() && !ends_with_wide_mark(paragraph)) paragraph += ' ';
  paragraph += text;
}

}  // namespace

std::string write_txt(const Transcript& transcript) {
  std::string file;
  std::string paragraph;
  const auto flush = [&] {
    if (paragraph.empty()) return;
    file += (file.empty() ? "" : "\n") + paragraph + '\n';
    paragraph.clear();
  };
  const Segment* before = nullptr;
  for (const Segment& segment : transcript.segments) {
    const std::string text = clean_line(segment.text);
    if (text.empty()) continue;
    if (before != nullptr && segment.begin - before->end >= kParagraphPause) flush();
    append_text(paragraph, text);
    before = &segment;
  }
  flush();
  return file;
}

std::string join_segments(const Transcript& transcript) {
  std::string joined;
  for (const Segment& segment : transcript.segments) {
    const std::string text = clean_line(segment.text);
    if (!text.empty()) append_text(joined, text);
  }
  return joined;
}

}  // namespace voxlate::subtitles
