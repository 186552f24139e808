#pragma once

#include <string>

namespace voxlate::media {

/// Receives what FFmpeg says about one file, which is more telling than its error numbers. Its address goes
/// into the `opaque` of a format or codec context.
struct LogSink {
  std::string last_error;  ///< one line, UTF-8; empty when nothing was said
};

/// Once per process, thread-safe: FFmpeg prints nothing and bounds every allocation.
void prepare_ffmpeg();

/// "moov atom not found (Invalid data found when processing input)".
std::string describe_failure(int error, const LogSink& sink);

}  // namespace voxlate::media
