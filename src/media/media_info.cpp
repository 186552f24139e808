#include "media/media_info.h"

#include <algorithm>

#include <fmt/format.h>

#include "voxlate/error.h"

namespace voxlate::media {
namespace {

std::string describe(const AudioTrack& track) {
  std::string text = track.codec;
  if (track.sample_rate_hz > 0) text += fmt::format(" {} Hz", track.sample_rate_hz);
  if (!track.layout.empty()) text += " " + track.layout;
  if (!track.language.empty()) text += " " + track.language;
  return text;
}

void append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

const AudioTrack& default_track(const std::vector<AudioTrack>& tracks) {
  const auto marked =
      std::ranges::find_if(tracks, [](const AudioTrack& track) { return track.is_default && track.is_decodable; });
  if (marked != tracks.end()) return *marked;
  const auto decodable = std::ranges::find_if(tracks, &AudioTrack::is_decodable);
  return decodable != tracks.end() ? *decodable : tracks.front();
}

std::string list_audio(const std::vector<AudioTrack>& tracks) {
  std::string list;
  for (const AudioTrack& track : tracks) append(list, fmt::format("{}: {}", track.index, describe(track)));
  return list;
}

}  // namespace

std::string describe_tracks(const MediaInfo& info) {
  std::string list;
  for (const VideoTrack& track : info.video) {
    append(list, fmt::format("video {}", track.codec));
    if (track.width > 0) list += fmt::format(" {}x{}", track.width, track.height);
  }
  for (const AudioTrack& track : info.audio) append(list, "audio " + describe(track));
  for (const SubtitleTrack& track : info.subtitles) {
    append(list, "subtitles " + track.codec);
    if (!track.language.empty()) list += " " + track.language;
  }
  return list.empty() ? "nothing" : list;
}

AudioTrack require_audio(const MediaInfo& info, std::optional<int> track) {
  if (info.audio.empty()) {
    throw Error(ErrorCode::kUnsupported, fmt::format("No audio in this file. It has: {}.", describe_tracks(info)));
  }
  if (track && (*track < 0 || *track >= static_cast<int>(info.audio.size()))) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("No audio track {}. This file has {}.", *track, list_audio(info.audio)));
  }
  const AudioTrack& chosen = track ? info.audio[static_cast<std::size_t>(*track)] : default_track(info.audio);
  if (!chosen.is_decodable) {
    throw Error(ErrorCode::kUnsupported, fmt::format("Audio track {} is {}, for which there is no decoder here.",
                                                     chosen.index, describe(chosen)));
  }
  return chosen;
}

}  // namespace voxlate::media
