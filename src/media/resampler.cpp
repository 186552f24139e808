#include "media/resampler.h"

#include <algorithm>
#include <string>

extern "C" {
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
}

#include "media/ffmpeg_log.h"
#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

/// NaN, which a float file may hold, becomes silence.
float clamp_sample(float sample) {
  if (sample > 1.0F) return 1.0F;
  if (sample >= -1.0F) return sample;
  return sample < -1.0F ? -1.0F : 0.0F;
}

[[noreturn]] void fail(int error) {
  throw Error(ErrorCode::kUnsupported, "The audio cannot be resampled: " + describe_failure(error, LogSink{}) + ".");
}

}  // namespace

Resampler::Resampler(const AVFrame& frame) : format_(frame.format), sample_rate_hz_(frame.sample_rate) {
  layout_.assign(frame.ch_layout);
  const int channels = frame.ch_layout.nb_channels;
  const bool is_unplaced = frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC;
  ChannelLayout input;
  input.assign(frame.ch_layout);
  if (is_unplaced && channels <= 2) input.assign_default(channels);
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;

  SwrContext* context = nullptr;
  int error = swr_alloc_set_opts2(&context, &mono, AV_SAMPLE_FMT_FLT, kSampleRate, input.pointer(),
                                  static_cast<AVSampleFormat>(frame.format), frame.sample_rate, /*log_offset=*/0,
                                  /*log_ctx=*/nullptr);
  context_.reset(context);
  if (error < 0) fail(error);
  // Float output is otherwise mixed at full level, and two equal loud channels would clip.
  error = av_opt_set_double(context, "rematrix_maxval", 1.0, /*search_flags=*/0);
  if (error < 0) fail(error);
  if (is_unplaced && channels > 2) {
    const std::vector<double> weights(static_cast<std::size_t>(channels), 1.0 / channels);
    error = swr_set_matrix(context, weights.data(), channels);
    if (error < 0) fail(error);
  }
  error = swr_init(context);
  if (error < 0) fail(error);
}

bool Resampler::takes(const AVFrame& frame) const {
  return frame.format == format_ && frame.sample_rate == sample_rate_hz_ &&
         av_channel_layout_compare(&frame.ch_layout, &layout_.get()) == 0;
}

void Resampler::push(const AVFrame& frame, std::vector<float>& output) {
  convert(frame.extended_data, frame.nb_samples, output);
  pushed_ += frame.nb_samples;
}

void Resampler::drain(std::vector<float>& output) {
  convert(/*planes=*/nullptr, /*samples=*/0, output);
  // The filter's rounding may leave it a sample or two off.
  const std::int64_t difference = total() - produced_;
  const auto size = static_cast<std::int64_t>(output.size());
  output.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, size + difference)), 0.0F);
  produced_ = total();
}

std::int64_t Resampler::total() const { return av_rescale(pushed_, kSampleRate, sample_rate_hz_); }

void Resampler::convert(const std::uint8_t* const* planes, int samples, std::vector<float>& output) {
  const int capacity = swr_get_out_samples(context_.get(), samples);
  if (capacity < 0) fail(capacity);
  const std::size_t before = output.size();
  output.resize(before + static_cast<std::size_t>(capacity));
  auto* target = reinterpret_cast<std::uint8_t*>(output.data() + before);
  // The input pointer is const in newer versions of the function only in part.
  const int got = swr_convert(context_.get(), &target, capacity, const_cast<const std::uint8_t**>(planes), samples);
  if (got < 0) fail(got);
  output.resize(before + static_cast<std::size_t>(got));
  std::for_each(output.begin() + static_cast<std::ptrdiff_t>(before), output.end(),
                [](float& sample) { sample = clamp_sample(sample); });
  produced_ += got;
}

}  // namespace voxlate::media
