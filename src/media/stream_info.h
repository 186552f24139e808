#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "media/demuxer.h"
#include "media/media_info.h"

namespace voxlate::media {

/// The tracks of an open container. Throws `kTooLarge` when it says it is longer than `limits` allow.
MediaInfo read_media_info(const Demuxer& demuxer, const Limits& limits);

/// How long the container says the stream is. Unknown when it says nothing or "all ones" (ISO/IEC 14496-12:
/// the length cannot be determined, as in a recording that was still going on).
std::optional<std::chrono::microseconds> stream_duration(const AVStream& stream);

/// The container time that is 0 for people, in microseconds; see `has_own_zero`.
std::int64_t zero_us(const AVFormatContext& format);

}  // namespace voxlate::media
