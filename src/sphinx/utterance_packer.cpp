#include "sphinx/utterance_packer.h"

namespace voxlate::sphinx {

void UtterancePacker::push(const SpeechRegion& region) {
  std::int64_t pause = Utterance::kNoSpeech;
  if (open_) {
    pause = region.begin - open_->end;
    if (pause <= options_.max_pause_samples && region.end - open_->begin <= options_.max_samples) {
      open_->end = region.end;
      return;
    }
    open_->pause_after = pause;
    packed_.push_back(*open_);
  }
  open_ = Utterance{.begin = region.begin, .end = region.end, .pause_before = pause, .pause_after = 0};
}

void UtterancePacker::finish() {
  if (!open_) return;
  open_->pause_after = Utterance::kNoSpeech;
  packed_.push_back(*open_);
  open_.reset();
}

std::optional<Utterance> UtterancePacker::pop() {
  if (packed_.empty()) return std::nullopt;
  const Utterance utterance = packed_.front();
  packed_.pop_front();
  return utterance;
}

}  // namespace voxlate::sphinx
