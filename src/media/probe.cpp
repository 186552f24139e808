#include "media/probe.h"

#include <utility>

#include "media/demuxer.h"
#include "media/stream_info.h"

namespace voxlate::media {

MediaInfo probe(const std::filesystem::path& path, const Limits& limits, std::stop_token stop) {
  return probe(open_for_reading(path), limits, std::move(stop));
}

MediaInfo probe(UniqueFd file, const Limits& limits, std::stop_token stop) {
  const Demuxer demuxer(std::move(file), limits, std::move(stop));
  return read_media_info(demuxer, limits);
}

}  // namespace voxlate::media
