#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "media/media_info.h"
#include "media/sandbox.h"
#include "voxlate/arrival.h"
#include "voxlate/audio.h"

namespace voxlate::media {

/// One audio track while it is decoded, with what was wrong with it. Not thread-safe.
class TrackReader : public AudioSource {
 public:
  /// Damaged places met so far: packets that did not decode, spots of the container that could not be read.
  virtual int damaged_places() const = 0;
};

/// How media files are read: within this process, or each by a process of its own. Thread-safe.
class MediaReader {
 public:
  virtual ~MediaReader() = default;

  /// As `media::probe`.
  virtual MediaInfo probe(const std::filesystem::path& path, std::stop_token stop) const = 0;

  /// As the constructor of `AudioReader`; without `wait_for_bytes` the whole file is there. The reader ends before this
  /// object does.
  virtual std::unique_ptr<TrackReader> open_audio(const std::filesystem::path& path, std::optional<int> audio_track,
                                                  std::stop_token stop, WaitForBytes wait_for_bytes) const = 0;

  /// The walls around what reads, null when there are none; waits until they are up. Throws `kUnavailable`.
  virtual std::optional<Sandbox> sandbox() const = 0;
};

}  // namespace voxlate::media
