#include "media/audio_decoder.h"

#include <fmt/format.h>

#include "media/accepted_formats.h"
#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

constexpr int kErrorsBeforeJudging = 1000;
constexpr std::int64_t kMaxFrameSamples = 16'000'000;

}  // namespace

AudioDecoder::AudioDecoder(Demuxer& demuxer, int stream, const Limits& limits)
    : demuxer_(demuxer), limits_(limits), stream_(*demuxer.format().streams[stream]), packet_(av_packet_alloc()) {
  const AVCodec* const decoder = find_decoder(stream_.codecpar->codec_id);
  if (decoder == nullptr) throw Error(ErrorCode::kUnsupported, "There is no decoder for this audio track.");
  context_.reset(avcodec_alloc_context3(decoder));
  if (context_ == nullptr || packet_ == nullptr) throw std::bad_alloc();
  context_->opaque = &log_;
  context_->pkt_timebase = stream_.time_base;
  context_->thread_count = 1;
  context_->max_samples = kMaxFrameSamples;
  int error = avcodec_parameters_to_context(context_.get(), stream_.codecpar);
  if (error >= 0) error = avcodec_open2(context_.get(), decoder, /*options=*/nullptr);
  if (error < 0) {
    throw Error(ErrorCode::kCorrupt, fmt::format("The audio track ({}) cannot be decoded: {}.", decoder->name,
                                                 describe_failure(error, log_)));
  }
  AVFormatContext& format = demuxer.format();
  for (unsigned position = 0; position < format.nb_streams; ++position) {
    format.streams[position]->discard = position == static_cast<unsigned>(stream) ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  }
}

FramePtr AudioDecoder::next() {
  FramePtr frame(av_frame_alloc());
  if (frame == nullptr) throw std::bad_alloc();
  while (!receive(*frame)) {
    if (sent_all_) {
      check_damage(/*at_end=*/true);
      return nullptr;
    }
    demuxer_.interrupt().check();
    send();
  }
  check(*frame);
  ++frames_;
  demuxer_.interrupt().arm(limits_.stall_timeout);
  return frame;
}

/// False when the decoder wants another packet, or is at its end.
bool AudioDecoder::receive(AVFrame& frame) {
  while (true) {
    const int result = avcodec_receive_frame(context_.get(), &frame);
    if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return false;
    if (result >= 0 && frame.nb_samples > 0) return true;
    if (result < 0) {
      count_error(result);
      return false;
    }
    av_frame_unref(&frame);
  }
}

void AudioDecoder::send() {
  av_packet_unref(packet_.get());
  if (!demuxer_.read(*packet_)) {
    sent_all_ = true;
    avcodec_send_packet(context_.get(), /*avpkt=*/nullptr);
    return;
  }
  if (packet_->stream_index != stream_.index) return;
  std::size_t size = 0;
  if (av_packet_get_side_data(packet_.get(), AV_PKT_DATA_ENCRYPTION_INFO, &size) != nullptr) {
    throw Error(ErrorCode::kUnsupported, "The audio is encrypted (DRM); a file without copy protection is needed.");
  }
  const int result = avcodec_send_packet(context_.get(), packet_.get());
  if (result < 0 && result != AVERROR(EAGAIN) && result != AVERROR_EOF) count_error(result);
}

void AudioDecoder::check(const AVFrame& frame) const {
  if (frame.sample_rate >= limits_.min_sample_rate_hz && frame.sample_rate <= limits_.max_sample_rate_hz) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("Expected a sample rate of {} to {} Hz, got {} Hz.", limits_.min_sample_rate_hz,
                          limits_.max_sample_rate_hz, frame.sample_rate));
}

void AudioDecoder::count_error(int error) {
  ++errors_;
  if (first_failure_.empty()) first_failure_ = describe_failure(error, log_);
  check_damage(/*at_end=*/false);
}

void AudioDecoder::check_damage(bool at_end) const {
  if (at_end && frames_ == 0 && errors_ == 0) {
    throw Error(ErrorCode::kCorrupt, "The audio track is empty: the file names it, but holds no sound (cut off?).");
  }
  if (errors_ <= frames_ || (!at_end && errors_ < kErrorsBeforeJudging)) return;
  throw Error(ErrorCode::kCorrupt, fmt::format("The audio is damaged: {} pieces could be decoded, {} could not: {}.",
                                               frames_, errors_, first_failure_));
}

std::optional<std::int64_t> AudioDecoder::time_of(const AVFrame& frame) const {
  if (frame.best_effort_timestamp == AV_NOPTS_VALUE) return std::nullopt;
  const std::int64_t time = av_rescale_q(frame.best_effort_timestamp, stream_.time_base, AVRational{1, kSampleRate});
  // Sums of a few times must not overflow; a file of 5000 years has a wrong time.
  constexpr std::int64_t kMaxTime = std::int64_t{1} << 51;
  if (time > kMaxTime || time < -kMaxTime) return std::nullopt;
  return time;
}

}  // namespace voxlate::media
