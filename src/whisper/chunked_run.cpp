#include <algorithm>
#include <utility>

#include "whisper/transcription_run.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeastSpeech{600};      // that is left in a window, to go on for it
constexpr milliseconds kLeastForgotten{2000};  // of speech behind a text that claims to be whole
constexpr milliseconds kLeastAdvance{500};

/// Samples of speech in `[from, end)` of the utterance.
std::int64_t speech_after(const speech::Utterance& place, std::int64_t from) {
  std::int64_t samples = 0;
  for (const SpeechRegion& region : place.speech)
    samples += std::max<std::int64_t>(0, region.end - std::max(region.begin, from));
  return samples;
}

std::vector<SpeechSpan> spans_of(const speech::Utterance& place, std::int64_t from) {
  std::vector<SpeechSpan> spans;
  for (const SpeechRegion& region : place.speech) {
    if (region.end <= from) continue;
    spans.push_back({length_of(std::max(region.begin, from) - from), length_of(region.end - from)});
  }
  return spans;
}

}  // namespace

ChunkedRun::ChunkedRun(const Setting& setting, VoiceActivityDetector& detector)
    : TranscriptionRun(setting),
      reader_(setting.audio, detector,
              {.max_utterance = length_of(setting.model.network().window_samples()),
               .max_pause = setting.options.max_pause,
               .max_region = setting.options.max_region}) {}

Transcript ChunkedRun::transcribe() {
  while (reader_.read()) {
    check_stop();
    take_utterances();
    if (pending_.empty()) report(length_of(reader_.passed()));
  }
  if (!pending_.empty()) vote();
  while (!pending_.empty()) {
    dispatch();
    collect_first();
  }
  transcript_.duration = length_of(reader_.position());
  report(transcript_.duration);
  return std::move(transcript_);
}

void ChunkedRun::take_utterances() {
  while (auto utterance = reader_.pop()) {
    std::vector<float> samples = reader_.copy(utterance->begin, utterance->end);
    auto found = setting_.log.find(media_time(utterance->begin), media_time(utterance->end));
    pending_.push_back(
        {.place = std::move(*utterance), .samples = std::move(samples), .found = std::move(found), .result = {}});
    if (!setting_.language_known && pending_.size() >= setting_.options.voters) vote();
    if (!setting_.language_known) continue;
    dispatch();
    if (pending_.size() >= setting_.options.max_pending) collect_first();
  }
}

void ChunkedRun::vote() {
  std::vector<std::vector<float>> windows;
  for (const Pending& pending : pending_) windows.push_back(pending.samples);
  decide_language(windows);
}

void ChunkedRun::dispatch() {
  for (; dispatched_ < pending_.size(); ++dispatched_) {
    Pending& pending = pending_[dispatched_];
    if (!pending.found) pending.result = submit(pending.samples, setting_.prompt);
  }
}

void ChunkedRun::collect_first() {
  report(length_of(pending_.front().place.begin));
  Pending pending = std::move(pending_.front());
  pending_.pop_front();
  --dispatched_;
  const std::int64_t end = pending.place.end;
  if (pending.found) {
    append(*pending.found);
  } else {
    const Window window = decode(pending);
    setting_.log.add(window);
    append(window);
  }
  report(length_of(end));
}

/// Takes the result, and goes on inside the window for as long as its text leaves speech behind.
Window ChunkedRun::decode(Pending& pending) {
  Window window{
      .begin = media_time(pending.place.begin), .end = media_time(pending.place.end), .segments = {}, .next = {}};
  std::int64_t offset = pending.place.begin;
  for (;;) {
    const WindowBatcher::Result result = wait(pending.result);
    const milliseconds length = length_of(pending.place.end - offset);
    WindowText text =
        make_window_text(setting_.model, result, setting_.decoding, spans_of(pending.place, offset), length);
    const std::optional<std::int64_t> next =
        result.decoded.doubt == Doubt::kNone ? where_to_go_on(pending, offset, text) : std::nullopt;
    add_segments(window, std::move(text), media_time(offset));
    if (!next) return window;
    offset = *next;
    const auto rest = pending.samples.begin() + static_cast<std::ptrdiff_t>(offset - pending.place.begin);
    pending.result = submit({rest, pending.samples.end()}, setting_.prompt);
  }
}

/// The sample at which the rest of the window begins that is to be decoded again, when there is one.
std::optional<std::int64_t> ChunkedRun::where_to_go_on(const Pending& pending, std::int64_t offset,
                                                       const WindowText& text) const {
  const auto reaches = [&](milliseconds advance, milliseconds least_speech) {
    const std::int64_t next = offset + samples_in(advance);
    return advance >= kLeastAdvance && speech_after(pending.place, next) >= samples_in(least_speech);
  };
  if (reaches(text.advance, kLeastSpeech)) return offset + samples_in(text.advance);
  if (text.segments.empty()) return std::nullopt;
  const milliseconds said = text.segments.back().end;
  if (reaches(said, kLeastForgotten)) return offset + samples_in(said);
  return std::nullopt;
}

}  // namespace voxlate::whisper
