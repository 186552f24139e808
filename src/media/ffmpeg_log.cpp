#include "media/ffmpeg_log.h"

#include <array>
#include <cstdarg>
#include <cstdio>

#include "base/utf8.h"
#include "media/ffmpeg_ptr.h"

namespace voxlate::media {
namespace {

constexpr std::size_t kMaxAllocationBytes = 512u << 20;
constexpr std::size_t kMaxLineBytes = 200;

/// The sink that the context `object` carries, if it is a context of ours.
LogSink* sink_of(void* object) {
  if (object == nullptr) return nullptr;
  const AVClass* type = *static_cast<const AVClass**>(object);
  void* opaque = nullptr;
  if (type == avformat_get_class()) opaque = static_cast<AVFormatContext*>(object)->opaque;
  if (type == avcodec_get_class()) opaque = static_cast<AVCodecContext*>(object)->opaque;
  return static_cast<LogSink*>(opaque);
}

std::string one_line(std::string_view text) {
  std::string line = repair_utf8(text);
  for (char& character : line) {
    if (static_cast<unsigned char>(character) < 0x20) character = ' ';
  }
  line.erase(line.find_last_not_of(" .") + 1);
  return std::string(truncate_utf8(line, kMaxLineBytes));
}

/// FFmpeg's log callback. Runs on the thread that called FFmpeg, since decoders here have one thread.
void record(void* object, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  LogSink* const sink = sink_of(object);
  if (sink == nullptr) return;
  std::array<char, 512> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  if (length <= 0) return;
  try {
    std::string line = one_line(text.data());
    if (!line.empty()) sink->last_error = std::move(line);
  } catch (const std::bad_alloc&) {
    sink->last_error.clear();
  }
}

}  // namespace

void prepare_ffmpeg() {
  static const bool kPrepared = [] {
    av_log_set_callback(&record);
    av_max_alloc(kMaxAllocationBytes);
    return true;
  }();
  static_cast<void>(kPrepared);
}

std::string describe_failure(int error, const LogSink& sink) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  if (sink.last_error.empty()) return text.data();
  return sink.last_error + " (" + text.data() + ")";
}

}  // namespace voxlate::media
