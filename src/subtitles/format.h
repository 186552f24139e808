#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/cue.h"
#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// The forms in which timed text leaves the product.
enum class Format { kSrt, kVtt, kTxt, kTsv, kJson };

/// The names `parse_format` knows; a format's name is also its file extension.
std::vector<std::string> format_names();

/// Throws `kInvalidInput`, naming the known ones, for an unknown name.
Format parse_format(std::string_view name);

/// Without a dot: "srt".
std::string_view extension(Format format);

/// For HTTP: "text/vtt; charset=utf-8".
std::string_view content_type(Format format);

/// The content of a file: SRT and VTT hold `cues`; text, TSV and JSON hold what `transcript` says. Pure.
std::string render(Format format, const Transcript& transcript, std::span<const Cue> cues);

}  // namespace voxlate::subtitles
