#include <algorithm>
#include <utility>

#include "whisper/left_out.h"
#include "whisper/transcription_run.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr int kMostStretches = 16;  // of a window that are decoded, itself included

/// Counted from `stretch.begin`.
std::vector<SpeechSpan> spans_of(std::span<const SpeechRegion> speech, const SpeechRegion& stretch) {
  std::vector<SpeechSpan> spans;
  for (const SpeechRegion& region : speech_in(speech, stretch))
    spans.push_back({length_of(region.begin - stretch.begin), length_of(region.end - stretch.begin)});
  return spans;
}

/// A segment that begins at `at` and says what `text` says before was heard there, and timed too late: it is taken
/// out. Returns where it ended.
std::optional<milliseconds> take_repeated(Window& window, const WindowText& text, milliseconds at) {
  constexpr milliseconds kNear{300};
  const auto repeated = std::ranges::find_if(window.segments, [&](const Segment& segment) {
    return std::chrono::abs(segment.begin - at) <= kNear &&
           std::ranges::find(text.segments, segment.text, &Segment::text) != text.segments.end();
  });
  if (repeated == window.segments.end()) return std::nullopt;
  const milliseconds end = repeated->end;
  window.segments.erase(repeated);
  return end;
}

}  // namespace

ChunkedRun::ChunkedRun(const Setting& setting, VoiceActivityDetector& detector)
    : TranscriptionRun(setting),
      reader_(setting.audio, detector,
              {.max_utterance = length_of(network().window_samples()),
               .max_pause = setting.options.max_pause,
               .max_region = setting.options.max_region}),
      collector_(setting.options.max_pending,
                 {.collect = [this](Pending& pending, const std::stop_token&) { collect(pending); },
                  .rest = [this] { progress_.repeat(); },
                  .look = [this] { look_at_all(); }},
                 stop_.get_token()) {}

Transcript ChunkedRun::transcribe() {
  while (reader_.read()) {
    look_at_all();
    take_utterances();
    if (waiting_.empty() && collector_.is_empty()) progress_.advance(length_of(reader_.passed()));
  }
  if (!waiting_.empty()) vote();
  dispatch();
  collector_.finish();
  transcript_.duration = length_of(reader_.position());
  progress_.advance(transcript_.duration);
  return std::move(transcript_);
}

void ChunkedRun::take_utterances() {
  while (auto utterance = reader_.pop()) {
    std::vector<float> samples = reader_.copy(utterance->begin, utterance->end);
    auto found = setting_.log.find(media_time(utterance->begin), media_time(utterance->end));
    waiting_.push_back({.place = std::move(*utterance),
                        .sound = {std::move(samples), {}, {}},
                        .found = std::move(found),
                        .submitted = {}});
    if (!setting_.language_known && waiting_.size() >= setting_.options.voters) vote();
    if (setting_.language_known) dispatch();
  }
}

void ChunkedRun::vote() {
  std::vector<Sound*> windows;
  for (Pending& pending : waiting_) windows.push_back(&pending.sound);
  decide_language(windows);
}

void ChunkedRun::dispatch() {
  for (; !waiting_.empty(); waiting_.pop_front()) {
    collector_.await_room();
    Pending& pending = waiting_.front();
    if (!pending.found) {
      pending.submitted = submit(pending.sound, setting_.prompt);
      pending.sound.encoded.reset();
    }
    collector_.add(std::move(pending));
  }
}

void ChunkedRun::look_at_all() {
  check_stop();
  collector_.check();
  setting_.audio.check();
}

void ChunkedRun::collect(Pending& pending) {
  progress_.advance(length_of(pending.place.begin));
  if (pending.found) {
    append(*pending.found);
  } else {
    const Window window = decode(pending);
    setting_.log.add(window);
    append(window);
  }
  progress_.advance(length_of(pending.place.end));
}

/// Takes the result, and decodes again what of the window it left out.
Window ChunkedRun::decode(Pending& pending) {
  const speech::Utterance& place = pending.place;
  Window window{.begin = media_time(place.begin), .end = media_time(place.end), .segments = {}, .next = {}};
  std::deque<SpeechRegion> stretches{{place.begin, place.end}};
  for (int decoded = 0; !stretches.empty() && decoded < kMostStretches; ++decoded) {
    SpeechRegion stretch = stretches.front();
    stretches.pop_front();
    const std::span<const float> samples = std::span<const float>(pending.sound.samples)
                                               .subspan(static_cast<std::size_t>(stretch.begin - place.begin),
                                                        static_cast<std::size_t>(stretch.end - stretch.begin));
    if (decoded > 0) pending.submitted = submit({{samples.begin(), samples.end()}, {}, {}}, setting_.prompt);
    auto [text, doubt] = hear(std::move(pending.submitted), spans_of(place.speech, stretch), samples);
    if (doubt == Doubt::kNoSpeech) continue;
    if (const auto end = take_repeated(window, text, media_time(stretch.end))) {
      stretch.end = samples_in(*end - start_);
      text.advance = length_of(stretch.end - stretch.begin);
    }
    const std::vector<SpeechRegion> left_out = find_left_out(place.speech, stretch, text);
    stretches.insert(stretches.end(), left_out.begin(), left_out.end());
    add_segments(window, std::move(text), media_time(stretch.begin));
  }
  std::ranges::stable_sort(window.segments, {}, &Segment::begin);
  return window;
}

}  // namespace voxlate::whisper
