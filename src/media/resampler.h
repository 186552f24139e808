#pragma once

#include <cstdint>
#include <vector>

#include "media/ffmpeg_ptr.h"

namespace voxlate::media {

/// Turns decoded frames of one form (rate, sample format, channels) into 16 kHz mono in [-1, 1]. Channels are
/// mixed so that nothing clips that did not clip before; those without a known place count the same.
/// N input samples give exactly round(N * 16000 / rate) output samples once drained. Not thread-safe.
class Resampler {
 public:
  /// For frames of the form of `frame`. Throws `kUnsupported`.
  explicit Resampler(const AVFrame& frame);

  bool takes(const AVFrame& frame) const;

  /// Appends what `frame` completes.
  void push(const AVFrame& frame, std::vector<float>& output);

  /// Appends the rest; nothing may be pushed afterwards.
  void drain(std::vector<float>& output);

  /// Output samples that all input so far amounts to.
  std::int64_t total() const;

 private:
  void convert(const std::uint8_t* const* planes, int samples, std::vector<float>& output);

  const int format_;
  const int sample_rate_hz_;
  ChannelLayout layout_;
  ResamplerPtr context_;
  std::int64_t pushed_ = 0;
  std::int64_t produced_ = 0;
};

}  // namespace voxlate::media
