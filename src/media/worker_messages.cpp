#include "media/worker_messages.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "media/wire.h"

namespace voxlate::media {
namespace {

enum class Kind : std::uint8_t { kFound = 1, kOpened, kSound, kFinished, kFailed, kAwaited };

constexpr std::size_t kHeadBytes = sizeof(std::uint32_t) + sizeof(Kind);
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kMaxTextBytes = 64 * 1024;
constexpr std::uint32_t kMaxTracks = 1024;
constexpr int kMaxInt = std::numeric_limits<int>::max();
constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

std::string with_head(Kind kind, const std::string& body) {
  WireWriter head;
  head.put(static_cast<std::uint32_t>(body.size()));
  head.put(static_cast<std::uint8_t>(kind));
  return head.take() + body;
}

std::string shortened(const std::string& text, std::size_t max_bytes) { return text.substr(0, max_bytes); }

template <typename Track, typename Put>
void put_tracks(WireWriter& body, const std::vector<Track>& tracks, const Put& put) {
  const std::size_t count = std::min<std::size_t>(tracks.size(), kMaxTracks);
  body.put(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) put(tracks[i]);
}

template <typename Track, typename Read>
std::vector<Track> read_tracks(WireReader& body, const Read& read) {
  std::vector<Track> tracks(body.number<std::uint32_t>(0, kMaxTracks));
  for (std::size_t i = 0; i < tracks.size(); ++i) tracks[i] = read(static_cast<int>(i));
  return tracks;
}

AudioTrack read_audio_track(WireReader& body, int index) {
  AudioTrack track;
  track.index = index;
  track.stream = body.number<int>(0, kMaxInt);
  track.codec = body.line(kMaxNameBytes);
  track.sample_rate_hz = body.number<int>(0, kMaxInt);
  track.channels = body.number<int>(0, kMaxInt);
  track.layout = body.line(kMaxNameBytes);
  track.language = body.line(kMaxNameBytes);
  track.is_default = body.flag();
  track.is_decodable = body.flag();
  track.start_time = body.time();
  return track;
}

VideoTrack read_video_track(WireReader& body) {
  VideoTrack track;
  track.codec = body.line(kMaxNameBytes);
  track.width = body.number<int>(0, kMaxInt);
  track.height = body.number<int>(0, kMaxInt);
  return track;
}

SubtitleTrack read_subtitle_track(WireReader& body, int index) {
  SubtitleTrack track;
  track.index = index;
  track.codec = body.line(kMaxNameBytes);
  track.language = body.line(kMaxNameBytes);
  return track;
}

MediaFound read_found(WireReader& body) {
  MediaInfo info;
  info.container = body.line(kMaxNameBytes);
  info.duration = body.optional_time();
  info.duration_is_estimate = body.flag();
  info.start_time = body.time();
  info.audio = read_tracks<AudioTrack>(body, [&](int index) { return read_audio_track(body, index); });
  info.video = read_tracks<VideoTrack>(body, [&](int) { return read_video_track(body); });
  info.subtitles = read_tracks<SubtitleTrack>(body, [&](int index) { return read_subtitle_track(body, index); });
  info.content_type = body.line(kMaxNameBytes);
  info.description = body.line(kMaxTextBytes);
  if (info.duration && info.duration->count() < 0) broken_answer("expected a length, got a negative one");
  return {.info = std::move(info)};
}

TrackOpened read_opened(WireReader& body) {
  TrackOpened opened;
  opened.start_time = body.time();
  opened.duration = body.optional_time();
  if (opened.duration && opened.duration->count() < 0) broken_answer("expected a length, got a negative one");
  return opened;
}

SoundDecoded read_sound(WireReader& body) {
  SoundDecoded sound;
  sound.damaged_places = body.number<int>(0, kMaxInt);
  const std::size_t count = body.left() / sizeof(float);
  if (count == 0 || count > kMaxSoundSamples || body.left() % sizeof(float) != 0) {
    broken_answer("expected up to " + std::to_string(kMaxSoundSamples) + " samples, got " +
                  std::to_string(body.left()) + " bytes");
  }
  sound.samples.resize(count);
  std::memcpy(sound.samples.data(), body.take(body.left()).data(), count * sizeof(float));
  const auto is_sample = [](float sample) { return sample >= -1.0F && sample <= 1.0F; };  // no NaN
  if (!std::ranges::all_of(sound.samples, is_sample)) broken_answer("expected samples from -1 to 1, got others");
  return sound;
}

ReadingFailed read_failed(WireReader& body) {
  const auto code =
      static_cast<ErrorCode>(body.number<std::uint8_t>(0, static_cast<std::uint8_t>(ErrorCode::kInternal)));
  ReadingFailed failed{.code = code, .message = body.line(kMaxTextBytes)};
  if (code == ErrorCode::kCancelled) broken_answer("expected the reason of a failure, got a cancel");
  if (failed.message.empty()) broken_answer("expected the reason of a failure, got none");
  return failed;
}

WorkerMessage read_message(Kind kind, WireReader& body) {
  switch (kind) {
    case Kind::kFound: return read_found(body);
    case Kind::kOpened: return read_opened(body);
    case Kind::kSound: return read_sound(body);
    case Kind::kFinished: return TrackFinished{.damaged_places = body.number<int>(0, kMaxInt)};
    case Kind::kFailed: return read_failed(body);
    case Kind::kAwaited: return BytesAwaited{.beyond = body.number<std::uint64_t>(0, kMaxBytes)};
  }
  broken_answer("expected a message, got one of kind " + std::to_string(static_cast<int>(kind)));
}

}  // namespace

std::string encode(const MediaFound& message) {
  const MediaInfo& info = message.info;
  WireWriter body;
  body.put(shortened(info.container, kMaxNameBytes));
  body.put(info.duration);
  body.put(info.duration_is_estimate);
  body.put(info.start_time);
  put_tracks(body, info.audio, [&](const AudioTrack& track) {
    body.put(track.stream);
    body.put(shortened(track.codec, kMaxNameBytes));
    body.put(std::max(track.sample_rate_hz, 0));
    body.put(std::max(track.channels, 0));
    body.put(shortened(track.layout, kMaxNameBytes));
    body.put(shortened(track.language, kMaxNameBytes));
    body.put(track.is_default);
    body.put(track.is_decodable);
    body.put(track.start_time);
  });
  put_tracks(body, info.video, [&](const VideoTrack& track) {
    body.put(shortened(track.codec, kMaxNameBytes));
    body.put(std::max(track.width, 0));
    body.put(std::max(track.height, 0));
  });
  put_tracks(body, info.subtitles, [&](const SubtitleTrack& track) {
    body.put(shortened(track.codec, kMaxNameBytes));
    body.put(shortened(track.language, kMaxNameBytes));
  });
  body.put(info.content_type);
  body.put(shortened(info.description, kMaxTextBytes));
  return with_head(Kind::kFound, body.take());
}

std::string encode(const TrackOpened& message) {
  WireWriter body;
  body.put(message.start_time);
  body.put(message.duration);
  return with_head(Kind::kOpened, body.take());
}

std::string encode_sound(int damaged_places, std::span<const float> samples) {
  WireWriter head;
  head.put(static_cast<std::uint32_t>(sizeof damaged_places + samples.size_bytes()));
  head.put(static_cast<std::uint8_t>(Kind::kSound));
  head.put(damaged_places);
  std::string bytes = head.take();
  bytes.append(reinterpret_cast<const char*>(samples.data()), samples.size_bytes());
  return bytes;
}

std::string encode(const TrackFinished& message) {
  WireWriter body;
  body.put(message.damaged_places);
  return with_head(Kind::kFinished, body.take());
}

std::string encode(const BytesAwaited& message) {
  WireWriter body;
  body.put(message.beyond);
  return with_head(Kind::kAwaited, body.take());
}

std::string encode(const ReadingFailed& message) {
  WireWriter body;
  body.put(static_cast<std::uint8_t>(message.code));
  body.put(shortened(message.message, kMaxTextBytes));
  return with_head(Kind::kFailed, body.take());
}

void WorkerMessageParser::append(std::string_view bytes) {
  bytes_.erase(0, begin_);
  begin_ = 0;
  bytes_ += bytes;
}

std::optional<WorkerMessage> WorkerMessageParser::next() {
  const std::string_view rest = std::string_view(bytes_).substr(begin_);
  if (rest.size() < kHeadBytes) return std::nullopt;
  WireReader head(rest.substr(0, kHeadBytes));
  const auto size = head.number<std::uint32_t>(0, kMaxMessageBytes);
  const auto kind = static_cast<Kind>(head.number<std::uint8_t>(0, 0xff));
  if (rest.size() - kHeadBytes < size) return std::nullopt;
  begin_ += kHeadBytes + size;
  WireReader body(rest.substr(kHeadBytes, size));
  WorkerMessage message = read_message(kind, body);
  body.expect_end();
  return message;
}

}  // namespace voxlate::media
