#include "whisper/transcription_run.h"

#include <algorithm>
#include <utility>

#include "voxlate/error.h"
#include "whisper/language_vote.h"
#include "whisper/languages.h"

namespace voxlate::whisper {

using std::chrono::milliseconds;

TranscriptionRun::TranscriptionRun(Setting setting)
    : setting_(std::move(setting)),
      start_(setting_.audio.start_time()),
      total_(setting_.audio.duration().value_or(milliseconds{0})) {}

std::future<WindowBatcher::Result> TranscriptionRun::submit(Sound sound, const std::vector<int>& context) {
  return setting_.model.batcher().submit({.samples = std::move(sound.samples),
                                          .audio = std::move(sound.encoded),
                                          .decoding = setting_.decoding,
                                          .prompt = {.context = context},
                                          .job = this,
                                          .priority = setting_.priority},
                                         setting_.stop);
}

WindowBatcher::Result TranscriptionRun::wait(std::future<WindowBatcher::Result>& result) {
  constexpr milliseconds kReportEvery{200};  // a sign of life, and a look whether to stop
  while (result.wait_for(kReportEvery) != std::future_status::ready) {
    check_stop();
    report(done_);
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
  if (!setting_.model.tokenizer().is_multilingual()) {
    setting_.decoding.language = find_language("en").value_or(0);
    return;
  }
  std::vector<std::shared_ptr<const EncodedAudio>> encoded;
  for (Sound* const window : windows) {
    check_stop();
    const WindowAudio audio{.samples = window->samples, .before = {}, .whole = setting_.decoding.whole_windows};
    window->encoded = encoded.emplace_back(setting_.model.network().encode({&audio, 1}).front());
  }
  const std::vector<float> probabilities = language_probabilities(setting_.model, encoded);
  setting_.decoding.language = static_cast<int>(std::ranges::max_element(probabilities) - probabilities.begin());
}

void TranscriptionRun::report(milliseconds done) {
  done_ = std::max(done_, done);
  setting_.progress.update(Stage::kTranscribing, done_, total_);
}

void TranscriptionRun::check_stop() const {
  if (setting_.stop.stop_requested()) throw Error(ErrorCode::kCancelled, "cancelled while transcribing");
}

}  // namespace voxlate::whisper
