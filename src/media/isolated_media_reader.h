#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "media/arriving_bytes.h"
#include "media/limits.h"
#include "media/media_reader.h"
#include "media/worker.h"
#include "media/worker_starter.h"

namespace voxlate::media {

/// Audio that a media worker decodes. Not thread-safe.
class IsolatedTrackReader final : public TrackReader {
 public:
  /// Waits until the worker has decoded the first sound. `arriving`: how far the worker may read.
  IsolatedTrackReader(WorkerEnds ends, const Limits& limits, ArrivingBytes arriving, std::stop_token stop);

  std::size_t read(std::span<float> out) override;
  void check() override;
  std::chrono::milliseconds start_time() const override { return track_.start_time; }
  std::optional<std::chrono::milliseconds> duration() const override { return track_.duration; }
  int damaged_places() const override { return damaged_places_; }

  /// Of the worker.
  pid_t process_id() const { return worker_.process_id(); }

 private:
  WorkerMessage next(std::chrono::milliseconds patience);
  void receive();
  void take(SoundDecoded& sound);

  const Limits limits_;
  const std::stop_token stop_;
  ArrivingBytes arriving_;
  Worker worker_;
  const TrackOpened track_;
  std::vector<float> block_;
  std::size_t taken_ = 0;
  std::int64_t total_ = 0;
  int damaged_places_ = 0;
  bool is_at_end_ = false;
};

/// Reads each file in a process of its own, behind walls (see `Sandbox`): one that crashes, hangs or takes over the
/// decoder costs this file alone, and reaches nothing. The same values and errors as `DirectMediaReader`, and those
/// of `Worker::next`. Thread-safe.
class IsolatedMediaReader final : public MediaReader {
 public:
  struct Options {
    std::filesystem::path program;  ///< voxlate-media
    Limits limits;
  };

  /// Throws `kUnavailable` when the program cannot be started.
  explicit IsolatedMediaReader(const Options& options);

  MediaInfo probe(const std::filesystem::path& path, std::stop_token stop) const override;
  std::unique_ptr<TrackReader> open_audio(const std::filesystem::path& path, std::optional<int> audio_track,
                                          std::stop_token stop, WaitForBytes wait_for_bytes) const override;

  std::optional<Sandbox> sandbox() const override { return starter_->sandbox(); }

  /// Of the process that makes the workers.
  pid_t process_id() const { return starter_->process_id(); }

 private:
  const Limits limits_;
  const std::unique_ptr<WorkerStarter> starter_;
};

}  // namespace voxlate::media
