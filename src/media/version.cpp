#include "media/version.h"

#include <cstdint>  // FFmpeg's headers need UINT64_C

extern "C" {
#include <libavutil/avutil.h>
}

namespace voxlate::media {

std::string ffmpeg_version() { return av_version_info(); }

}  // namespace voxlate::media
