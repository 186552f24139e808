#include "media/direct_media_reader.h"

#include <utility>

#include "media/audio_reader.h"
#include "media/probe.h"

namespace voxlate::media {

MediaInfo DirectMediaReader::probe(const std::filesystem::path& path, std::stop_token stop) const {
  return media::probe(path, limits_, std::move(stop));
}

std::unique_ptr<TrackReader> DirectMediaReader::open_audio(const std::filesystem::path& path,
                                                           std::optional<int> audio_track, std::stop_token stop,
                                                           WaitForBytes wait_for_bytes) const {
  return std::make_unique<AudioReader>(path, audio_track, limits_, std::move(stop), std::move(wait_for_bytes));
}

}  // namespace voxlate::media
