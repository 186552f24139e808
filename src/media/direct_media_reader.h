#pragma once

#include "media/limits.h"
#include "media/media_reader.h"

namespace voxlate::media {

/// Reads media within this process: a file that crashes FFmpeg takes the process with it. Thread-safe.
class DirectMediaReader final : public MediaReader {
 public:
  explicit DirectMediaReader(const Limits& limits) : limits_(limits) {}

  MediaInfo probe(const std::filesystem::path& path, std::stop_token stop) const override;
  std::unique_ptr<TrackReader> open_audio(const std::filesystem::path& path, std::optional<int> audio_track,
                                          std::stop_token stop, WaitForBytes wait_for_bytes) const override;
  std::optional<Sandbox> sandbox() const override { return std::nullopt; }

 private:
  const Limits limits_;
};

}  // namespace voxlate::media
