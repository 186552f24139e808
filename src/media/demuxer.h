#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "media/ffmpeg_log.h"
#include "media/ffmpeg_ptr.h"
#include "media/file_input.h"
#include "media/interrupt.h"
#include "media/limits.h"

namespace voxlate::media {

/// An open container with its tracks known. Four walls keep a hostile file from reaching others: the bytes come
/// from one file descriptor, opening anything more is denied, only the formats of `accepted_formats.h` are
/// taken (none of them a playlist), and every protocol is off. Not thread-safe.
class Demuxer {
 public:
  /// Throws `kUnsupported` (empty, not media, a format that is not accepted), `kCorrupt`, `kTooLarge` (over
  /// `limits`), `kTimeout`, `kCancelled`.
  /// With `wait_for_bytes` the file is still coming in: see FileInput; also what that throws.
  Demuxer(UniqueFd file, const Limits& limits, std::stop_token stop, WaitForBytes wait_for_bytes = {});
  Demuxer(const Demuxer&) = delete;
  Demuxer& operator=(const Demuxer&) = delete;

  AVFormatContext& format() { return *format_; }
  const AVFormatContext& format() const { return *format_; }
  const FileInput& input() const { return input_; }
  Interrupt& interrupt() { return interrupt_; }

  /// Whether the file's content left no doubt about its format; false for a guess.
  bool is_certain() const { return certain_; }

  /// The next packet of the streams that are not discarded; false at the end. Damage is stepped over a few
  /// times, then it counts as the end. Throws `kTimeout`, `kCancelled`, `kInternal` (the disk).
  bool read(AVPacket& packet);

  /// Places in the container that could not be read so far.
  int read_errors() const { return read_errors_; }

 private:
  void detect();
  void open(const Limits& limits);
  void find_streams(const Limits& limits);
  [[noreturn]] void fail(int error) const;

  Interrupt interrupt_;
  FileInput input_;
  LogSink log_;
  const AVInputFormat* type_ = nullptr;
  bool certain_ = false;
  int read_errors_ = 0;
  FormatContextPtr format_;
};

}  // namespace voxlate::media
