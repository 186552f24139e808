#include "media/isolated_media_reader.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "media/wire.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

/// The worker watches the same time limits from inside and says more about it; it gets this much longer.
constexpr std::chrono::milliseconds kGrace{1000};

TrackOpened expect_track(WorkerMessage message) {
  if (const auto* opened = std::get_if<TrackOpened>(&message)) return *opened;
  broken_answer("expected an audio track, got another message");
}

}  // namespace

IsolatedTrackReader::IsolatedTrackReader(WorkerEnds ends, const Limits& limits, ArrivingBytes arriving,
                                         std::stop_token stop)
    : limits_(limits),
      stop_(stop),
      arriving_(std::move(arriving)),
      worker_(std::move(ends), std::move(stop)),
      track_(expect_track(next(limits.open_timeout + kGrace))) {}

// The worker asks when it has read all that it was told of; the time that it waits counts for no limit but that of the
// arrival. It is told nothing twice, so that its questions end.
WorkerMessage IsolatedTrackReader::next(std::chrono::milliseconds patience) {
  while (true) {
    WorkerMessage message = worker_.next(patience);
    const auto* awaited = std::get_if<BytesAwaited>(&message);
    if (awaited == nullptr) return message;
    if (arriving_.is_whole() || awaited->beyond < arriving_.now().bytes) {
      broken_answer("expected a question for bytes to come, got one for others");
    }
    const auto is_stopped = [this] {
      worker_.check();
      return stop_.stop_requested();
    };
    if (!arriving_.await(awaited->beyond, is_stopped)) {
      throw Error(ErrorCode::kCancelled, "reading the media was cancelled");
    }
    worker_.tell(arriving_.now());
  }
}

std::size_t IsolatedTrackReader::read(std::span<float> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    if (taken_ == block_.size()) {
      if (is_at_end_) break;
      receive();
      continue;
    }
    const std::size_t count = std::min(out.size() - filled, block_.size() - taken_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(taken_), count,
                out.begin() + static_cast<std::ptrdiff_t>(filled));
    taken_ += count;
    filled += count;
  }
  return filled;
}

void IsolatedTrackReader::check() {
  if (!is_at_end_) worker_.check();
}

void IsolatedTrackReader::receive() {
  WorkerMessage message = next(limits_.stall_timeout + kGrace);
  if (auto* sound = std::get_if<SoundDecoded>(&message)) return take(*sound);
  const auto* finished = std::get_if<TrackFinished>(&message);
  if (finished == nullptr) broken_answer("expected sound, got another message");
  damaged_places_ = finished->damaged_places;
  is_at_end_ = true;
}

void IsolatedTrackReader::take(SoundDecoded& sound) {
  total_ += static_cast<std::int64_t>(sound.samples.size());
  if (total_ > samples_in(limits_.max_duration)) {
    broken_answer("expected at most " + std::to_string(limits_.max_duration.count() / 1000) + " s, got more");
  }
  block_.swap(sound.samples);
  taken_ = 0;
  damaged_places_ = sound.damaged_places;
}

IsolatedMediaReader::IsolatedMediaReader(const Options& options)
    : limits_(options.limits),
      starter_(std::make_unique<WorkerStarter>(WorkerStarter::Options{.program = options.program})) {}

MediaInfo IsolatedMediaReader::probe(const std::filesystem::path& path, std::stop_token stop) const {
  const UniqueFd file = open_for_reading(path);
  Worker worker(starter_->start(file, {.task = WorkerTask::kProbe, .audio_track = std::nullopt, .limits = limits_}),
                std::move(stop));
  WorkerMessage message = worker.next(limits_.open_timeout + kGrace);
  if (auto* found = std::get_if<MediaFound>(&message)) return std::move(found->info);
  broken_answer("expected what the file holds, got another message");
}

std::unique_ptr<TrackReader> IsolatedMediaReader::open_audio(const std::filesystem::path& path,
                                                             std::optional<int> audio_track, std::stop_token stop,
                                                             WaitForBytes wait_for_bytes) const {
  const UniqueFd file = open_for_reading(path);
  ArrivingBytes arriving(std::move(wait_for_bytes), limits_.arrival_timeout);
  WorkerRequest request{.task = WorkerTask::kDecode, .audio_track = audio_track, .limits = limits_};
  if (!arriving.is_whole()) request.arrival = arriving.now();
  return std::make_unique<IsolatedTrackReader>(starter_->start(file, request), limits_, std::move(arriving),
                                               std::move(stop));
}

}  // namespace voxlate::media
