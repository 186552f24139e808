#include <algorithm>
#include <span>
#include <utility>

#include "whisper/transcription_run.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kReadSamples = 16384;
constexpr std::size_t kLeastSamples = kSamplesPerFrame;  // what is left of the audio below that is no frame
constexpr float kHotTemperature = 0.5F;                  // a text sampled above it is no context for the next window

}  // namespace

SequentialRun::SequentialRun(const Setting& setting) : TranscriptionRun(setting), context_(setting.prompt) {}

Transcript SequentialRun::transcribe() {
  for (;;) {
    check_stop();
    fill();
    std::vector<float>& samples = buffer_.samples;
    if (samples.size() < kLeastSamples) break;
    const milliseconds begin = start_ + length_of(seek_);
    const milliseconds end = begin + length_of(static_cast<std::int64_t>(samples.size()));
    Sound* const first = &buffer_;
    decide_language({&first, 1});
    std::optional<Window> window = setting_.log.find(begin, end);
    if (!window) {
      window = decode(begin);
      setting_.log.add(*window);
    }
    remember(*window);
    append(*window);
    const std::int64_t advance = samples_in(window->next - begin);
    samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(std::min<std::int64_t>(
                                                         advance, static_cast<std::int64_t>(samples.size()))));
    buffer_.encoded.reset();
    buffer_.encoder.reset();
    seek_ += advance;
    progress_.advance(length_of(seek_));
  }
  transcript_.duration = length_of(seek_ + static_cast<std::int64_t>(buffer_.samples.size()));
  return std::move(transcript_);
}

void SequentialRun::look() {
  check_stop();
  setting_.audio.check();
}

/// Reads until the buffer holds a window, or the audio has ended.
void SequentialRun::fill() {
  const auto wanted = static_cast<std::size_t>(network().window_samples());
  std::vector<float> block(kReadSamples);
  std::vector<float>& samples = buffer_.samples;
  while (!ended_ && samples.size() < wanted) {
    const std::size_t count =
        setting_.audio.read(std::span<float>(block).first(std::min(kReadSamples, wanted - samples.size())));
    ended_ = count == 0;
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

Window SequentialRun::decode(milliseconds begin) {
  const milliseconds length = length_of(static_cast<std::int64_t>(buffer_.samples.size()));
  WindowText text = hear(submit(buffer_, context_), {}, buffer_.samples).text;
  // Whole frames, and never none: a window that claims to end where it begins is taken as a whole.
  const milliseconds advance = text.advance > milliseconds(0) ? text.advance : length;
  Window window{.begin = begin, .end = begin + length, .segments = {}, .next = begin + advance};
  add_segments(window, std::move(text), begin);
  return window;
}

/// What was said becomes context of the next window.
void SequentialRun::remember(const Window& window) {
  if (!setting_.options.condition_on_previous) return;
  const bool hot = std::any_of(window.segments.begin(), window.segments.end(), [](const Segment& segment) {
    return segment.decoding && segment.decoding->temperature > kHotTemperature;
  });
  if (hot) {
    context_ = setting_.prompt;
    return;
  }
  for (const Segment& segment : window.segments) {
    const std::vector<int> tokens = tokenizer().encode(" " + segment.text);
    context_.insert(context_.end(), tokens.begin(), tokens.end());
  }
  const auto most = static_cast<std::size_t>(network().shape().n_text_ctx);
  if (context_.size() > most) context_.erase(context_.begin(), context_.end() - static_cast<std::ptrdiff_t>(most));
}

}  // namespace voxlate::whisper
