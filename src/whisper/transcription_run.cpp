#include "whisper/transcription_run.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "whisper/language_vote.h"
#include "whisper/languages.h"

namespace voxlate::whisper {

using std::chrono::milliseconds;

TranscriptionRun::TranscriptionRun(Setting setting)
    : setting_(std::move(setting)),
      start_(setting_.audio.start_time()),
      progress_(setting_.progress, setting_.audio),
      on_stop_(setting_.stop, End{stop_}),
      model_(setting_.model) {}

TranscriptionRun::Submitted TranscriptionRun::submit(Sound sound, const std::vector<int>& context) {
  std::shared_ptr<const WhisperModel> model = this->model();
  if (sound.encoder != model) sound.encoded.reset();
  auto result = model->batcher().submit({.samples = std::move(sound.samples),
                                         .audio = std::move(sound.encoded),
                                         .decoding = setting_.decoding,
                                         .prompt = {.context = context},
                                         .job = this,
                                         .priority = setting_.priority},
                                        stop_.get_token());
  return {.model = std::move(model), .context = context, .result = std::move(result)};
}

TranscriptionRun::Heard TranscriptionRun::hear(Submitted submitted, std::span<const SpeechSpan> speech,
                                               std::span<const float> samples) {
  for (bool again = false;; again = true) {
    try {
      const WindowBatcher::Result result = wait(submitted.result);
      return {.text = make_window_text(*submitted.model, result, setting_.decoding, speech, samples),
              .doubt = result.decoded.doubt};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory) throw;
      if (again) fall_back(*submitted.model, error);
    }
    submitted = submit({.samples = {samples.begin(), samples.end()}, .encoded = {}, .encoder = {}}, submitted.context);
  }
}

std::shared_ptr<const WhisperModel> TranscriptionRun::model() const {
  const MutexLock lock(mutex_);
  return model_;
}

/// Nothing where windows go to another model already.
void TranscriptionRun::fall_back(const WhisperModel& failed, const Error& reason) {
  const MutexLock lock(mutex_);
  if (model_.get() != &failed) return;
  if (!setting_.fallback) throw reason;
  log::warning("not enough memory on the device: the job goes on on the CPU",
               {{"model", failed.name()}, {"reason", reason.what()}});
  model_ = std::exchange(setting_.fallback, {})();
}

WindowBatcher::Result TranscriptionRun::wait(std::future<WindowBatcher::Result>& result) {
  constexpr milliseconds kReportEvery{200};  // a sign of life, and a look whether to stop
  while (result.wait_for(kReportEvery) != std::future_status::ready) {
    look();
    progress_.repeat();
  }
  return result.get();
}

void TranscriptionRun::add_segments(Window& window, WindowText text, milliseconds begin) {
  for (Segment& segment : text.segments) {
    segment.begin += begin;
    segment.end += begin;
    for (Word& word : segment.words) {
      word.begin += begin;
      word.end += begin;
    }
    window.segments.push_back(std::move(segment));
  }
}

void TranscriptionRun::append(const Window& window) {
  for (Segment segment : window.segments) {
    const milliseconds at = transcript_.segments.empty() ? segment.begin : transcript_.segments.back().end;
    segment.begin = std::max(segment.begin, at);
    segment.end = std::max(segment.end, segment.begin);
    for (Word& word : segment.words) {
      word.begin = std::max(word.begin, segment.begin);
      word.end = std::max(word.end, word.begin);
    }
    transcript_.segments.push_back(std::move(segment));
  }
}

void TranscriptionRun::decide_language(std::span<Sound* const> windows) {
  if (setting_.language_known) return;
  setting_.language_known = true;
  if (!tokenizer().is_multilingual()) {
    setting_.decoding.language = find_language("en").value_or(0);
    return;
  }
  std::shared_ptr<const WhisperModel> voting = model();
  std::vector<std::shared_ptr<const EncodedAudio>> encoded;
  try {
    encoded = encode(voting, windows);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOutOfMemory) throw;
    fall_back(*voting, error);
    voting = model();
    encoded = encode(voting, windows);
  }
  const std::vector<float> probabilities = language_probabilities(*voting, encoded);
  const auto best = std::ranges::max_element(probabilities);
  setting_.decoding.language = static_cast<int>(best - probabilities.begin());
  language_confidence_ = std::clamp(*best, 0.0F, 1.0F);
}

std::vector<std::shared_ptr<const EncodedAudio>> TranscriptionRun::encode(
    const std::shared_ptr<const WhisperModel>& model, std::span<Sound* const> windows) const {
  std::vector<std::shared_ptr<const EncodedAudio>> encoded;
  for (Sound* const window : windows) {
    check_stop();
    const WindowAudio audio{.samples = window->samples, .before = {}, .whole = setting_.decoding.whole_windows};
    window->encoded = encoded.emplace_back(model->network().encode({&audio, 1}).front());
    window->encoder = model;
  }
  return encoded;
}

void TranscriptionRun::check_stop() const {
  if (stop_.stop_requested()) throw Error(ErrorCode::kCancelled, "cancelled while transcribing");
}

}  // namespace voxlate::whisper
