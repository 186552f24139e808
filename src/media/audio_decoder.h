#pragma once

#include <optional>
#include <string>

#include "media/demuxer.h"
#include "media/ffmpeg_log.h"
#include "media/ffmpeg_ptr.h"
#include "media/limits.h"

namespace voxlate::media {

/// Decodes one audio stream of `demuxer`, which it borrows and whose other streams it switches off. Steps over
/// damaged packets as long as most can be decoded. Not thread-safe.
class AudioDecoder {
 public:
  /// Throws `kUnsupported` when there is no decoder for it.
  AudioDecoder(Demuxer& demuxer, int stream, const Limits& limits);

  /// The next frame, never empty; null at the end. Throws `kCorrupt` when there is nothing, when nothing can be
  /// decoded, or less than what cannot; `kUnsupported` for encrypted sound and for sample rates over the limits; as
  /// `Demuxer::read`.
  FramePtr next();

  /// When the frame begins, in samples at 16 kHz on the container's clock, if it is known.
  std::optional<std::int64_t> time_of(const AVFrame& frame) const;

  /// Packets that could not be decoded so far.
  int decode_errors() const { return errors_; }

 private:
  bool receive(AVFrame& frame);
  void send();
  void check(const AVFrame& frame) const;
  void count_error(int error);
  void check_damage(bool at_end) const;

  Demuxer& demuxer_;
  const Limits limits_;
  const AVStream& stream_;
  LogSink log_;
  CodecContextPtr context_;
  PacketPtr packet_;
  int frames_ = 0;
  int errors_ = 0;
  std::string first_failure_;
  bool sent_all_ = false;
};

}  // namespace voxlate::media
