#include "media/audio_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "media/accepted_formats.h"
#include "media/audio_decoder.h"
#include "media/demuxer.h"
#include "media/resampler.h"
#include "media/stream_info.h"
#include "media/timeline.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::milliseconds;

constexpr AVRational kSampleTime{1, kSampleRate};
constexpr milliseconds kMaxJump = std::chrono::seconds(10);

milliseconds to_time(std::int64_t samples) {
  return std::chrono::round<milliseconds>(std::chrono::duration<std::int64_t, std::ratio<1, kSampleRate>>(samples));
}

/// How far times may jump and still be meant: where a container's clock can be set anew (transport streams,
/// chained Ogg) 10 s, as players do; elsewhere a gap can be as long as the whole.
Timeline::Options timeline_options(const AVFormatContext& format, const MediaInfo& info, const Limits& limits) {
  milliseconds max_gap = limits.max_gap;
  if (info.duration) max_gap = std::min(*info.duration, limits.max_duration);
  if ((format.iformat->flags & AVFMT_TS_DISCONT) != 0) max_gap = kMaxJump;
  return {.tolerance = kSampleRate / 10, .max_gap = samples_in(max_gap), .max_overlap = samples_in(kMaxJump)};
}

}  // namespace

/// Frames flow through one at a time: `current_` is the next to be resampled; when its time jumps, `following_`
/// is decoded as well to see whether the jump is meant. The output of a step is, in this order: `ready_`, then
/// `silence_`.
class AudioReader::Stream {
 public:
  Stream(UniqueFd file, std::optional<int> audio_track, const Limits& limits, std::stop_token stop,
         WaitForBytes wait_for_bytes)
      : limits_(limits),
        demuxer_(std::move(file), limits, std::move(stop), std::move(wait_for_bytes)),
        media_(read_media_info(demuxer_, limits)),
        track_(require_audio(media_, audio_track)),
        decoder_(demuxer_, track_.stream, limits),
        current_(decoder_.next()),
        first_time_(decoder_.time_of(*current_).value_or(zero())),
        timeline_(timeline_options(demuxer_.format(), media_, limits), first_time_) {}

  std::size_t read(std::span<float> out) {
    std::size_t filled = 0;
    demuxer_.interrupt().arm(limits_.stall_timeout);
    while (filled < out.size()) {
      demuxer_.interrupt().check();
      if (const std::size_t got = take(out.subspan(filled)); got > 0) {
        filled += got;
      } else if (!step()) {
        break;
      }
    }
    return filled;
  }

  const MediaInfo& media() const { return media_; }
  const AudioTrack& track() const { return track_; }
  int damaged_places() const { return decoder_.decode_errors() + demuxer_.read_errors(); }

  milliseconds start_time() const { return to_time(first_time_ - zero()); }

  std::optional<milliseconds> duration() const {
    if (const auto told = stream_duration(*demuxer_.format().streams[track_.stream])) {
      return std::chrono::round<milliseconds>(*told);
    }
    if (!media_.duration) return std::nullopt;
    return std::max(milliseconds(0), media_.start_time + *media_.duration - start_time());
  }

 private:
  std::int64_t zero() const { return av_rescale_q(zero_us(demuxer_.format()), {1, AV_TIME_BASE}, kSampleTime); }

  std::optional<std::int64_t> time_of(const AVFrame& frame) const {
    return has_timestamps(*demuxer_.format().iformat) ? decoder_.time_of(frame) : std::nullopt;
  }

  /// Hands out what is there.
  std::size_t take(std::span<float> out) {
    if (taken_ < ready_.size()) {
      const std::size_t count = std::min(out.size(), ready_.size() - taken_);
      std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(taken_), count, out.begin());
      taken_ += count;
      return count;
    }
    const std::size_t count = std::min(out.size(), static_cast<std::size_t>(silence_));
    std::fill_n(out.begin(), count, 0.0F);
    silence_ -= static_cast<std::int64_t>(count);
    return count;
  }

  /// Makes more output out of the next frame. False at the end.
  bool step() {
    ready_.clear();
    taken_ = 0;
    if (current_ == nullptr) return end_segment();
    const std::optional<std::int64_t> time = time_of(*current_);
    if (!placed_ && timeline_.jumps(time)) {
      follow_jump(*time);
      return true;
    }
    placed_ = false;
    if (resampler_ && !resampler_->takes(*current_)) end_segment();
    if (!resampler_) begin_segment();
    resampler_->push(*current_, ready_);
    drop_overlap();
    timeline_.advance_to(segment_begin_ + resampler_->total());
    check_length();
    current_ = following_ ? std::exchange(following_, nullptr) : decoder_.next();
    return true;
  }

  void follow_jump(std::int64_t time) {
    following_ = decoder_.next();
    const std::optional<std::int64_t> next_time = following_ ? time_of(*following_) : std::nullopt;
    const std::int64_t length = av_rescale(current_->nb_samples, kSampleRate, current_->sample_rate);
    end_segment();
    const std::int64_t shift = timeline_.place(time, length, next_time);
    // What is still to be dropped is time given twice already: a gap first uses it up.
    const std::int64_t undone = std::clamp<std::int64_t>(shift, 0, overlap_);
    overlap_ += shift < 0 ? -shift : -undone;
    silence_ = shift > 0 ? shift - undone : 0;
    check_length();
    placed_ = true;
  }

  void begin_segment() {
    resampler_.emplace(*current_);
    segment_begin_ = timeline_.position();
  }

  /// The sound that is still inside the resampler. False when there was none.
  bool end_segment() {
    if (!resampler_) return false;
    resampler_->drain(ready_);
    resampler_.reset();
    drop_overlap();
    return !ready_.empty();
  }

  void drop_overlap() {
    if (overlap_ == 0) return;
    const std::size_t count = std::min(ready_.size(), static_cast<std::size_t>(overlap_));
    ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
    overlap_ -= static_cast<std::int64_t>(count);
  }

  void check_length() const {
    if (timeline_.position() <= samples_in(limits_.max_duration)) return;
    throw Error(ErrorCode::kTooLarge,
                fmt::format("Expected media of at most {} s, got more.", limits_.max_duration.count() / 1000));
  }

  const Limits limits_;
  Demuxer demuxer_;
  const MediaInfo media_;
  const AudioTrack track_;
  AudioDecoder decoder_;
  FramePtr current_;
  FramePtr following_;
  const std::int64_t first_time_;
  Timeline timeline_;
  bool placed_ = false;  ///< `current_` jumped and was given its place

  std::optional<Resampler> resampler_;  ///< of the segment: frames that follow one another in one form
  std::int64_t segment_begin_ = 0;
  std::vector<float> ready_;
  std::size_t taken_ = 0;
  std::int64_t silence_ = 0;
  std::int64_t overlap_ = 0;  ///< samples to drop from what comes next
};

AudioReader::AudioReader(const std::filesystem::path& path, std::optional<int> audio_track, const Limits& limits,
                         std::stop_token stop, WaitForBytes wait_for_bytes)
    : AudioReader(open_for_reading(path), audio_track, limits, std::move(stop), std::move(wait_for_bytes)) {}

AudioReader::AudioReader(UniqueFd file, std::optional<int> audio_track, const Limits& limits, std::stop_token stop,
                         WaitForBytes wait_for_bytes)
    : stream_(
          std::make_unique<Stream>(std::move(file), audio_track, limits, std::move(stop), std::move(wait_for_bytes))) {}

AudioReader::~AudioReader() = default;

std::size_t AudioReader::read(std::span<float> out) { return stream_->read(out); }
milliseconds AudioReader::start_time() const { return stream_->start_time(); }
std::optional<milliseconds> AudioReader::duration() const { return stream_->duration(); }
const MediaInfo& AudioReader::media() const { return stream_->media(); }
const AudioTrack& AudioReader::track() const { return stream_->track(); }
int AudioReader::damaged_places() const { return stream_->damaged_places(); }

}  // namespace voxlate::media
