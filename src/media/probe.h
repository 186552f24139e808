#pragma once

#include <filesystem>
#include <stop_token>

#include "base/file.h"
#include "media/limits.h"
#include "media/media_info.h"

namespace voxlate::media {

/// What the media file at `path` holds, by its content (its name does not matter). Reads its head and, for some
/// containers, its tail. Throws `kUnsupported` (not media, or of a kind that is not accepted; the message says
/// what was expected), `kCorrupt` with FFmpeg's reason, `kTooLarge`, `kTimeout`, `kCancelled`, and
/// `kNotFound`/`kInvalidInput` when it cannot be opened. No other file is opened whatever the file says.
/// Thread-safe.
MediaInfo probe(const std::filesystem::path& path, const Limits& limits, std::stop_token stop);
MediaInfo probe(UniqueFd file, const Limits& limits, std::stop_token stop);

}  // namespace voxlate::media
