#include "speech/utterance_packer.h"

#include <utility>

namespace voxlate::speech {

void UtterancePacker::push(const SpeechRegion& region) {
  const std::int64_t pause = speech_end_ ? region.begin - *speech_end_ : Utterance::kNoSpeech;
  speech_end_ = region.end;
  if (open_) {
    if (pause <= options_.max_pause_samples && region.end - open_->begin <= options_.max_samples) {
      open_->end = region.end;
      open_->speech.push_back(region);
      return;
    }
    close(pause);
  }
  open_ =
      Utterance{.begin = region.begin, .end = region.end, .pause_before = pause, .pause_after = 0, .speech = {region}};
}

void UtterancePacker::pass(std::int64_t position) {
  if (open_ && position - open_->end > options_.max_pause_samples) close(position - open_->end);
}

void UtterancePacker::finish() {
  if (open_) close(Utterance::kNoSpeech);
}

void UtterancePacker::close(std::int64_t pause_after) {
  open_->pause_after = pause_after;
  packed_.push_back(std::move(*open_));
  open_.reset();
}

std::optional<Utterance> UtterancePacker::pop() {
  if (packed_.empty()) return std::nullopt;
  Utterance utterance = std::move(packed_.front());
  packed_.pop_front();
  return utterance;
}

}  // namespace voxlate::speech
