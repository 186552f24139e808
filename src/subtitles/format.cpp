#include "subtitles/format.h"

#include <array>

#include "subtitles/srt_writer.h"
#include "subtitles/transcript_json.h"
#include "subtitles/tsv_writer.h"
#include "subtitles/txt_writer.h"
#include "subtitles/vtt_writer.h"
#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

constexpr std::array kFormats{Format::kSrt, Format::kVtt, Format::kTxt, Format::kTsv, Format::kJson};

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const Format format : kFormats) names.emplace_back(extension(format));
  return names;
}

Format parse_format(std::string_view name) {
  std::string known;
  for (const Format format : kFormats) {
    if (extension(format) == name) return format;
    known.append(known.empty() ? "" : ", ").append(extension(format));
  }
  throw Error(ErrorCode::kInvalidInput, "format: expected one of " + known + ", got \"" + std::string(name) + "\"");
}

std::string_view extension(Format format) {
  switch (format) {
    case Format::kSrt: return "srt";
    case Format::kVtt: return "vtt";
    case Format::kTxt: return "txt";
    case Format::kTsv: return "tsv";
    case Format::kJson: return "json";
  }
  return "";
}

std::string_view content_type(Format format) {
  switch (format) {
    case Format::kSrt: return "text/plain; charset=utf-8";
    case Format::kVtt: return "text/vtt; charset=utf-8";
    case Format::kTxt: return "text/plain; charset=utf-8";
    case Format::kTsv: return "text/tab-separated-values; charset=utf-8";
    case Format::kJson: return "application/json";
  }
  return "";
}

std::string render(Format format, const Transcript& transcript, std::span<const Cue> cues) {
  switch (format) {
    case Format::kSrt: return write_srt(cues);
    case Format::kVtt: return write_vtt(cues, transcript.language);
    case Format::kTxt: return write_txt(transcript);
    case Format::kTsv: return write_tsv(transcript);
    case Format::kJson: return write_transcript_json(transcript);
  }
  return "";
}

}  // namespace voxlate::subtitles
