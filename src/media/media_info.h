#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace voxlate::media {

struct AudioTrack {
  int index = 0;      ///< among the audio tracks, from 0: what people and the API choose by
  int stream = 0;     ///< among all streams of the container
  std::string codec;  ///< FFmpeg's name ("aac"), or the container's four letters when it is not known
  int sample_rate_hz = 0;
  int channels = 0;
  std::string layout;    ///< "stereo", "5.1"
  std::string language;  ///< BCP 47, "" when unknown
  bool is_default = false;
  bool is_decodable = true;
  std::chrono::milliseconds start_time{0};  ///< on the same clock as `MediaInfo::start_time`
};

struct VideoTrack {
  std::string codec;
  int width = 0;
  int height = 0;
};

struct SubtitleTrack {
  int index = 0;  ///< among the subtitle tracks, from 0
  std::string codec;
  std::string language;  ///< BCP 47, "" when unknown
};

/// What a file holds. Cover pictures and other attachments are not tracks.
struct MediaInfo {
  std::string container;  ///< FFmpeg's name: "mov,mp4,m4a,3gp,3g2,mj2"
  std::optional<std::chrono::milliseconds> duration;
  bool duration_is_estimate = false;        ///< guessed from the bit rate
  std::chrono::milliseconds start_time{0};  ///< earliest time of any track
  std::vector<AudioTrack> audio;
  std::vector<VideoTrack> video;
  std::vector<SubtitleTrack> subtitles;
  std::string content_type;  ///< for a browser's player; "application/octet-stream" when it has none
  std::string description;   ///< "mov,mp4: video h264 1280x720, audio aac 48000 Hz stereo en"
};

/// "video h264 1280x720, audio aac 48000 Hz stereo en"; "nothing" for a file without tracks.
std::string describe_tracks(const MediaInfo& info);

/// The audio track to transcribe: number `track`, or else the one that the container marks as its default, or
/// else the first (of those that can be decoded). Throws `kUnsupported` when there is no audio or it cannot be
/// decoded, `kInvalidInput` for a number that does not exist; the message lists what there is.
AudioTrack require_audio(const MediaInfo& info, std::optional<int> track);

}  // namespace voxlate::media
