#pragma once

#include <string>

namespace voxlate::media {

/// Version of the FFmpeg libraries in use.
std::string ffmpeg_version();

}  // namespace voxlate::media
