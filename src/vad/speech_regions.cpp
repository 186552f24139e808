#include "vad/speech_regions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "voxlate/audio.h"
#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

using std::chrono::milliseconds;

constexpr float kHysteresis = 0.15F;
constexpr float kLowestThreshold = 0.01F;
constexpr milliseconds kMinPauseToCutAt{98};
constexpr milliseconds kMinMaxRegion{1000};

}  // namespace

SpeechRegions::SpeechRegions(const Options& options, std::int64_t chunk_samples)
    : threshold_(options.threshold),
      quiet_threshold_(std::max(options.threshold - kHysteresis, kLowestThreshold)),
      chunk_samples_(chunk_samples),
      min_speech_(samples_in(options.min_speech)),
      min_silence_(samples_in(options.min_silence)),
      padding_(samples_in(options.padding)),
      max_speech_(samples_in(options.max_region) - chunk_samples - 2 * padding_) {
  if (!(options.threshold > 0 && options.threshold < 1))
    throw Error(ErrorCode::kInvalidInput, "voice activity: expected a threshold within (0, 1)");
  if (options.min_speech.count() < 0 || options.min_silence.count() < 0 || options.padding.count() < 0 ||
      options.max_region < kMinMaxRegion + 2 * options.padding) {
    throw Error(ErrorCode::kInvalidInput,
                "voice activity: expected no negative length and max_region >= 1 s + 2 x padding");
  }
}

void SpeechRegions::push(float probability) {
  const std::int64_t at = heard_;
  heard_ += chunk_samples_;
  const bool speech = probability >= threshold_;
  if (!open_) {
    if (speech) open_ = OpenRegion{.begin = at, .continues = false, .quiet_since = {}, .pauses = {}};
    return;
  }
  if (speech && open_->quiet_since) {
    const Pause pause{.begin = *std::exchange(open_->quiet_since, std::nullopt), .end = at};
    if (pause.end - pause.begin >= samples_in(kMinPauseToCutAt)) open_->pauses.push_back(pause);
  }
  if (at - open_->begin > max_speech_) cut(at);
  if (!open_ || probability >= quiet_threshold_) return;
  const std::int64_t quiet_since = open_->quiet_since.value_or(at);
  open_->quiet_since = quiet_since;
  if (at - quiet_since < min_silence_) return;
  report(*open_, quiet_since, (at - quiet_since) / 2);
  open_.reset();
}

void SpeechRegions::cut(std::int64_t at) {
  OpenRegion open = std::move(*open_);
  open_.reset();
  const bool pausing = open.quiet_since && at - *open.quiet_since >= samples_in(kMinPauseToCutAt);
  if (pausing) open.pauses.push_back({.begin = *open.quiet_since, .end = at});
  if (open.pauses.empty()) {
    report(open, at, /*room_behind=*/0);
    open_ = OpenRegion{.begin = at, .continues = true, .quiet_since = {}, .pauses = {}};
    return;
  }
  const auto longest =
      std::prev(std::max_element(open.pauses.rbegin(), open.pauses.rend(), [](const Pause& a, const Pause& b) {
                  return a.end - a.begin < b.end - b.begin;
                }).base());
  report(open, longest->begin, (longest->end - longest->begin) / 2);
  const auto next = std::next(longest);
  if (pausing && next == open.pauses.end()) return;
  open_ = OpenRegion{.begin = longest->end,
                     .continues = false,
                     .quiet_since = open.quiet_since,
                     .pauses = {next, open.pauses.end() - (pausing ? 1 : 0)}};
}

/// `room_behind`: how far the padding may reach.
void SpeechRegions::report(const OpenRegion& region, std::int64_t end, std::int64_t room_behind) {
  if (end == region.begin || (!region.continues && end - region.begin < min_speech_)) return;
  const std::int64_t begin = std::max(region.begin - padding_, reported_end_);
  reported_end_ = end + std::min(padding_, room_behind);
  found_.push_back({.begin = begin, .end = reported_end_});
}

void SpeechRegions::finish(std::int64_t total_samples) {
  if (!open_) return;
  const std::int64_t end = open_->quiet_since.value_or(total_samples);
  report(*open_, end, total_samples - end);
  open_.reset();
}

std::optional<SpeechRegion> SpeechRegions::pop() {
  if (found_.empty()) return std::nullopt;
  const SpeechRegion region = found_.front();
  found_.pop_front();
  return region;
}

}  // namespace voxlate::vad
