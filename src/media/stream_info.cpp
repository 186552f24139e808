#include "media/stream_info.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "media/accepted_formats.h"
#include "media/language_tag.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t kEndless = 0xffff'ffff;

std::string_view metadata(const AVDictionary* entries, const char* key) {
  const AVDictionaryEntry* const entry = av_dict_get(entries, key, /*prev=*/nullptr, /*flags=*/0);
  return entry == nullptr ? std::string_view() : std::string_view(entry->value);
}

std::string layout_name(const AVChannelLayout& layout) {
  if (layout.nb_channels <= 0) return {};
  if (layout.order == AV_CHANNEL_ORDER_UNSPEC && layout.nb_channels == 1) return "mono";
  if (layout.order == AV_CHANNEL_ORDER_UNSPEC && layout.nb_channels == 2) return "stereo";
  std::array<char, 128> text{};
  if (av_channel_layout_describe(&layout, text.data(), text.size()) < 0) return {};
  return text.data();
}

/// The codec's name; for one that FFmpeg does not know, the four letters that the container has.
std::string codec_name(const AVCodecParameters& parameters) {
  if (parameters.codec_id != AV_CODEC_ID_NONE) return avcodec_get_name(parameters.codec_id);
  std::string letters;
  for (int shift = 0; shift < 32; shift += 8) {
    const auto letter = static_cast<char>((parameters.codec_tag >> shift) & 0xffu);
    const bool is_plain = letter > ' ' && letter < 0x7f;
    if (is_plain) letters += letter;
  }
  return letters.empty() ? "of an unknown kind" : letters;
}

milliseconds start_of(const AVStream& stream, std::int64_t zero) {
  if (stream.start_time == AV_NOPTS_VALUE) return milliseconds(0);
  const std::int64_t start_us = av_rescale_q(stream.start_time, stream.time_base, AVRational{1, AV_TIME_BASE});
  return std::chrono::round<milliseconds>(microseconds(start_us - zero));
}

AudioTrack read_audio(const AVStream& stream, int index, std::int64_t zero) {
  const AVCodecParameters& parameters = *stream.codecpar;
  return {.index = index,
          .stream = stream.index,
          .codec = codec_name(parameters),
          .sample_rate_hz = parameters.sample_rate,
          .channels = parameters.ch_layout.nb_channels,
          .layout = layout_name(parameters.ch_layout),
          .language = language_tag(metadata(stream.metadata, "language")),
          .is_default = (stream.disposition & AV_DISPOSITION_DEFAULT) != 0,
          .is_decodable = find_decoder(parameters.codec_id) != nullptr,
          .start_time = start_of(stream, zero)};
}

void read_streams(const AVFormatContext& format, MediaInfo& info) {
  const std::int64_t zero = zero_us(format);
  for (unsigned position = 0; position < format.nb_streams; ++position) {
    const AVStream& stream = *format.streams[position];
    const AVCodecParameters& parameters = *stream.codecpar;
    switch (parameters.codec_type) {
      case AVMEDIA_TYPE_AUDIO:
        info.audio.push_back(read_audio(stream, static_cast<int>(info.audio.size()), zero));
        break;
      case AVMEDIA_TYPE_VIDEO:
        if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) break;
        info.video.push_back({.codec = codec_name(parameters), .width = parameters.width, .height = parameters.height});
        break;
      case AVMEDIA_TYPE_SUBTITLE:
        info.subtitles.push_back({.index = static_cast<int>(info.subtitles.size()),
                                  .codec = codec_name(parameters),
                                  .language = language_tag(metadata(stream.metadata, "language"))});
        break;
      default: break;
    }
  }
}

/// WebM says so in its first element; FFmpeg reads it as Matroska.
bool is_webm(const FileInput& input) {
  std::array<char, 64> head{};
  const std::size_t got = input.peek(/*offset=*/0, head.data(), head.size());
  return std::string_view(head.data(), got).find("webm") != std::string_view::npos;
}

/// FFmpeg takes the longest track for the length of the whole, also an endless one.
bool is_endless(const AVFormatContext& format) {
  for (unsigned position = 0; position < format.nb_streams; ++position) {
    if (format.streams[position]->duration == kEndless) return true;
  }
  return false;
}

void check_duration(const MediaInfo& info, const Limits& limits) {
  if (!info.duration || info.duration_is_estimate || *info.duration <= limits.max_duration) return;
  throw Error(ErrorCode::kTooLarge, fmt::format("Expected media of at most {} s, got {} s.",
                                                limits.max_duration.count() / 1000, info.duration->count() / 1000));
}

}  // namespace

std::optional<microseconds> stream_duration(const AVStream& stream) {
  if (stream.duration == AV_NOPTS_VALUE || stream.duration <= 0 || stream.duration == kEndless) return std::nullopt;
  return microseconds(av_rescale_q(stream.duration, stream.time_base, AVRational{1, AV_TIME_BASE}));
}

std::int64_t zero_us(const AVFormatContext& format) {
  if (has_own_zero(*format.iformat) || format.start_time == AV_NOPTS_VALUE) return 0;
  return format.start_time;
}

MediaInfo read_media_info(const Demuxer& demuxer, const Limits& limits) {
  const AVFormatContext& format = demuxer.format();
  MediaInfo info;
  info.container = format.iformat->name;
  if (format.duration != AV_NOPTS_VALUE && format.duration > 0 && !is_endless(format)) {
    info.duration = std::chrono::round<milliseconds>(microseconds(format.duration));
    info.duration_is_estimate = format.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
  }
  if (format.start_time != AV_NOPTS_VALUE) {
    info.start_time = std::chrono::round<milliseconds>(microseconds(format.start_time - zero_us(format)));
  }
  read_streams(format, info);
  info.content_type = content_type({.format = info.container,
                                    .major_brand = metadata(format.metadata, "major_brand"),
                                    .is_webm = info.container == "matroska,webm" && is_webm(demuxer.input()),
                                    .has_video = info.audio.empty() || !info.video.empty()});
  // "mov,mp4,m4a,3gp,3g2,mj2" is one container with many names; two are enough for people.
  const std::size_t second = info.container.find(',', info.container.find(',') + 1);
  info.description = info.container.substr(0, second) + ": " + describe_tracks(info);
  check_duration(info, limits);
  return info;
}

}  // namespace voxlate::media
