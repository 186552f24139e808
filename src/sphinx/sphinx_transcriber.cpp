#include "sphinx/sphinx_transcriber.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <thread>

#include "speech/collector.h"
#include "speech/speech_reader.h"
#include "speech/steady_progress.h"
#include "sphinx/segments.h"
#include "voxlate/error.h"

namespace voxlate::sphinx {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReportEvery{200};  // while waiting for a decoder: a sign of life
constexpr int kWaitingPerDecoder = 2;

/// What `bench/word_error_rate` found to matter: less weight on the language model than the library's 6.5, 8.5, 9.5,
/// and a limit on the states of a frame, which halves the time of continuous speech and changes two words in 1000.
constexpr std::array<std::pair<const char*, const char*>, 4> kTunedSettings{
    {{"-lw", "5.5"}, {"-fwdflatlw", "7"}, {"-bestpathlw", "8"}, {"-maxhmmpf", "3000"}}};

/// The share is measured: `bench/word_error_rate` over read and spoken clips.
constexpr const char* kNotice =
    "Embedded fall-back, US English only: about one word in three comes out wrong, one in four of clear reading. "
    "Whisper models are far better and know 100 languages: voxlate models get base.";

std::vector<std::int16_t> pcm16(std::span<const float> samples) {
  std::vector<std::int16_t> integers;
  integers.reserve(samples.size());
  for (const float sample : samples)
    integers.push_back(static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0F, 1.0F) * 32767.0F)));
  return integers;
}

int decoder_count(int wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4);
}

std::filesystem::path model_folder_or_default(const std::filesystem::path& folder) {
  return folder.empty() ? std::filesystem::path(VOXLATE_SPHINX_MODEL_FOLDER) : folder;
}

Decoder::Options decoder_options(const SphinxTranscriber::Options& options) {
  Decoder::Options decoder;
  decoder.model_folder = model_folder_or_default(options.model_folder);
  decoder.settings = options.settings;
  for (const auto& tuned : kTunedSettings) {
    const bool given = std::any_of(options.settings.begin(), options.settings.end(),
                                   [&](const auto& setting) { return setting.first == tuned.first; });
    if (!given) decoder.settings.emplace_back(tuned.first, tuned.second);
  }
  return decoder;
}

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "cancelled while transcribing");
}

/// One call of `transcribe`: the caller's thread reads, cuts and hands out, the collector's publishes.
class Run {
 public:
  struct Limits {
    speech::SpeechReader::Options cutting;
    std::size_t max_pending = 0;
  };

  Run(AudioSource& audio, VoiceActivityDetector& detector, DecoderPool& pool, WindowLog& log, Progress& progress,
      const std::stop_token& stop, const Limits& limits)
      : audio_(audio),
        log_(log),
        stop_(stop),
        start_(audio.start_time()),
        progress_(progress, audio),
        reader_(audio, detector, limits.cutting),
        ticket_(pool),
        collector_(limits.max_pending,
                   {.collect = [this](Pending& pending, const std::stop_token& ended) { collect(pending, ended); },
                    .rest = [this] { progress_.repeat(); },
                    .look = [this] { look(); }},
                   stop) {}

  Transcript transcribe();

 private:
  /// An utterance whose window is not in the transcript yet.
  struct Pending {
    UtterancePlace place;
    std::optional<Window> found;  ///< in the log; otherwise a decoder has it
  };

  void dispatch_utterances();
  void look();

  // In the thread of the collector.
  void collect(Pending& pending, const std::stop_token& ended);
  Window recognise(const UtterancePlace& place, const std::stop_token& ended);

  AudioSource& audio_;
  WindowLog& log_;
  const std::stop_token& stop_;
  const milliseconds start_;
  speech::SteadyProgress progress_;
  speech::SpeechReader reader_;
  DecoderPool::Ticket ticket_;
  Transcript transcript_;                 ///< the collector's until it has finished
  speech::Collector<Pending> collector_;  ///< last: its thread uses what is above
};

Transcript Run::transcribe() {
  while (reader_.read()) {
    look();
    dispatch_utterances();
    if (collector_.is_empty()) progress_.advance(length_of(reader_.passed()));
  }
  collector_.finish();
  transcript_.duration = length_of(reader_.position());
  progress_.advance(transcript_.duration);
  return std::move(transcript_);
}

void Run::dispatch_utterances() {
  while (const auto utterance = reader_.pop()) {
    const auto ends_sentence = [](std::int64_t pause) { return pause >= samples_in(kSentencePause); };
    const UtterancePlace place{.begin = start_ + length_of(utterance->begin),
                               .end = start_ + length_of(utterance->end),
                               .starts_sentence = ends_sentence(utterance->pause_before),
                               .ends_sentence = ends_sentence(utterance->pause_after)};
    Pending pending{.place = place, .found = log_.find(place.begin, place.end)};
    collector_.await_room();
    if (!pending.found) ticket_.submit(pcm16(reader_.copy(utterance->begin, utterance->end)));
    collector_.add(std::move(pending));
  }
}

void Run::look() {
  throw_if_stopped(stop_);
  collector_.check();
  audio_.check();
}

void Run::collect(Pending& pending, const std::stop_token& ended) {
  progress_.advance(pending.place.begin - start_);
  Window window = pending.found ? *std::move(pending.found) : recognise(pending.place, ended);
  if (!pending.found) log_.add(window);
  std::move(window.segments.begin(), window.segments.end(), std::back_inserter(transcript_.segments));
  progress_.advance(pending.place.end - start_);
}

Window Run::recognise(const UtterancePlace& place, const std::stop_token& ended) {
  for (;;) {
    throw_if_stopped(ended);
    if (const auto words = ticket_.take(kReportEvery, ended))
      return {.begin = place.begin, .end = place.end, .segments = make_segments(*words, place)};
    progress_.repeat();
  }
}

}  // namespace

bool model_is_installed(const std::filesystem::path& model_folder) {
  return !missing_model_file(model_folder_or_default(model_folder));
}

SphinxTranscriber::SphinxTranscriber(const Options& options, DetectorFactory make_detector)
    : options_(options),
      make_detector_(std::move(make_detector)),
      decoders_(decoder_count(options.decoders)),
      pool_(decoder_options(options), decoders_, options.slots) {}

TranscriberInfo SphinxTranscriber::info() const {
  return {.id = "sphinx", .name = "PocketSphinx (US English)", .languages = {"en"}, .notice = kNotice};
}

Transcript SphinxTranscriber::transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log,
                                         Progress& progress, std::stop_token stop) {
  const std::string language = options.language.substr(0, options.language.find('-'));
  if (!language.empty() && language != "en")
    throw Error(ErrorCode::kUnsupported, "PocketSphinx recognises English only, got language " + options.language);
  const auto detector = make_detector_();
  const Run::Limits limits{.cutting = {.max_utterance = options_.max_utterance,
                                       .max_pause = options_.max_pause,
                                       .max_region = options_.max_region},
                           .max_pending = static_cast<std::size_t>(decoders_ * kWaitingPerDecoder)};
  Transcript transcript = Run(audio, *detector, pool_, log, progress, stop, limits).transcribe();
  transcript.language = "en";
  transcript.engine = "sphinx en-us";
  transcript.notes.push_back(info().notice);
  return transcript;
}

}  // namespace voxlate::sphinx
