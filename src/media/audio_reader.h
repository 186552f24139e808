#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "base/file.h"
#include "media/limits.h"
#include "media/media_info.h"
#include "media/media_reader.h"
#include "voxlate/arrival.h"

namespace voxlate::media {

/// Streams one audio track of a media file as 16 kHz mono, decoding as it is read, so that memory does not
/// grow with the length. All channels are mixed; form and channels may change on the way. Sample n is media
/// time `start_time() + n / 16000 s`: gaps in the container's timestamps come as silence, overlaps are dropped.
/// Damaged places are stepped over. Not thread-safe.
class AudioReader final : public TrackReader {
 public:
  /// Opens the file and decodes the first frame. Throws as `probe`, as `require_audio`, `kCorrupt` when there
  /// is no sound in the track or nothing can be decoded, `kUnsupported` for encrypted sound.
  /// With `wait_for_bytes` the file is still coming in and is read behind what is there; then also `kUnavailable` when
  /// that is slower than `Limits::arrival_timeout`, and what `wait_for_bytes` throws.
  AudioReader(const std::filesystem::path& path, std::optional<int> audio_track, const Limits& limits,
              std::stop_token stop, WaitForBytes wait_for_bytes = {});
  AudioReader(UniqueFd file, std::optional<int> audio_track, const Limits& limits, std::stop_token stop,
              WaitForBytes wait_for_bytes = {});
  ~AudioReader() override;

  /// Throws also `kTooLarge` after more than `Limits::max_duration`, `kCorrupt` when damage dominates, and
  /// `kCancelled` soon after a stop was requested. After an Error nothing more can be read.
  std::size_t read(std::span<float> out) override;

  std::chrono::milliseconds start_time() const override;
  std::optional<std::chrono::milliseconds> duration() const override;

  const MediaInfo& media() const;
  const AudioTrack& track() const;

  int damaged_places() const override;

 private:
  class Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace voxlate::media
