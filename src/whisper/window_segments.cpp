#include "whisper/window_segments.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "voxlate/audio.h"
#include "whisper/languages.h"
#include "whisper/loud_spans.h"
#include "whisper/word_times.h"

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// What the prompt of a window begins with, without the context.
std::vector<int> start_of_transcript(const Tokenizer& tokenizer, const DecodingOptions& options) {
  if (!tokenizer.is_multilingual()) return {tokenizer.sot()};
  return {tokenizer.sot(), tokenizer.language_token(options.language),
          options.task == Task::kTranslate ? tokenizer.translate() : tokenizer.transcribe()};
}

/// A word in silence begins where speech goes on, and ends where it stopped; so does one that reaches no more than
/// `reach` into the speech on the other side of the silence.
void snap_to_speech(Word& word, std::span<const SpeechSpan> speech, milliseconds reach) {
  const auto holds = [](milliseconds time) {
    return [time](const SpeechSpan& span) { return span.begin <= time && time < span.end; };
  };
  if (std::none_of(speech.begin(), speech.end(), holds(word.begin + reach))) {
    const auto next =
        std::find_if(speech.begin(), speech.end(), [&](const SpeechSpan& span) { return span.begin > word.begin; });
    if (next != speech.end() && next->begin < word.end) word.begin = next->begin;
  }
  if (std::none_of(speech.begin(), speech.end(), holds(word.end - milliseconds(1) - reach))) {
    const auto before =
        std::find_if(speech.rbegin(), speech.rend(), [&](const SpeechSpan& span) { return span.end < word.end; });
    if (before != speech.rend() && before->end > word.begin) word.end = before->end;
  }
}

/// The first and the last word give way to the times that the decoder wrote down, when those are half a second off
/// and so tell of a pause that the alignment missed (`add_word_timestamps` of OpenAI's timing.py).
void heed_segment_times(Segment& segment, const TokenSegment& written) {
  constexpr milliseconds kMissed{500};
  constexpr milliseconds kShortWord{100};
  Word& first = segment.words.front();
  if (written.begin < first.end && written.begin - kMissed > first.begin) first.begin = written.begin;
  Word& last = segment.words.back();
  if (written.end > last.begin && written.end + kMissed < last.end)
    last.end = std::max(last.begin + kShortWord, written.end);
}

float mean_probability(const DecodedWindow& decoded, const TokenSegment& segment) {
  float sum = 0;
  for (std::size_t i = 0; i < segment.tokens.size(); ++i) sum += decoded.logprobs[segment.first_token + i];
  return std::exp(sum / static_cast<float>(std::max<std::size_t>(segment.tokens.size(), 1)));
}

/// Ordered, not overlapping, inside `[from, length)`; returns where the segment ends.
milliseconds put_in_order(Segment& segment, milliseconds from, milliseconds length) {
  segment.begin = std::clamp(segment.begin, from, length);
  milliseconds at = segment.begin;
  for (Word& word : segment.words) {
    word.begin = std::clamp(word.begin, at, length);
    word.end = std::clamp(word.end, word.begin, length);
    at = word.end;
  }
  segment.end = std::clamp(std::max(segment.end, at), segment.begin, length);
  return segment.end;
}

}  // namespace

WindowText make_window_text(const WhisperModel& model, const WindowBatcher::Result& result,
                            const DecodingOptions& options, std::span<const SpeechSpan> speech,
                            std::span<const float> samples) {
  constexpr milliseconds kReach{50};
  const milliseconds length = length_of(static_cast<std::int64_t>(samples.size()));
  const DecodedWindow& decoded = result.decoded;
  if (decoded.doubt == Doubt::kNoSpeech) return {.segments = {}, .advance = length};
  const WindowCut cut = cut_window(model.tokenizer(), decoded.tokens, length);
  std::vector<int> text;
  for (const TokenSegment& segment : cut.segments)
    text.insert(text.end(), segment.tokens.begin(), segment.tokens.end());
  TimedWords timed = time_words(model.network(), model.tokenizer(), model.heads(), result.audio,
                                start_of_transcript(model.tokenizer(), options), text,
                                languages()[static_cast<std::size_t>(options.language)].code, length);

  const std::vector<SpeechSpan> loud = loud_spans(samples);
  meet_in_pauses(timed.words, loud);
  WindowText made{.segments = {}, .advance = cut.advance};
  std::size_t word = 0;
  std::size_t tokens = 0;
  milliseconds at{0};
  for (const TokenSegment& written : cut.segments) {
    tokens += written.tokens.size();
    Segment segment{.begin = written.begin,
                    .end = written.end,
                    .text = trimmed(model.tokenizer().decode(written.tokens)),
                    .words = {},
                    .confidence = mean_probability(decoded, written),
                    .decoding = Decoding{.tokens = written.tokens,
                                         .temperature = decoded.temperature,
                                         .average_logprob = static_cast<float>(decoded.average_logprob),
                                         .compression_ratio = static_cast<float>(decoded.compression_ratio),
                                         .no_speech_probability = static_cast<float>(decoded.no_speech_probability),
                                         .doubt = std::string(to_string(decoded.doubt))}};
    for (; word < timed.words.size() && timed.end_tokens[word] <= tokens; ++word) {
      segment.words.push_back(std::move(timed.words[word]));
    }
    if (segment.text.empty()) continue;
    if (!segment.words.empty()) {
      heed_segment_times(segment, written);
      for (Word& one : segment.words) {
        snap_to_speech(one, speech, /*reach=*/{});
        snap_to_speech(one, loud, kReach);
      }
      segment.begin = segment.words.front().begin;
      segment.end = segment.words.back().end;
    }
    at = put_in_order(segment, at, length);
    made.segments.push_back(std::move(segment));
  }
  return made;
}

}  // namespace voxlate::whisper
