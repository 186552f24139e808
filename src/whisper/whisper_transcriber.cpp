#include "whisper/whisper_transcriber.h"

#include <fmt/format.h>

#include <utility>

#include "voxlate/error.h"
#include "whisper/languages.h"
#include "whisper/transcription_run.h"

namespace voxlate::whisper {
namespace {

/// The place of the language asked for; nothing: to be detected.
std::optional<int> language_for(const WhisperModel& model, const std::string& wanted) {
  if (wanted.empty()) return std::nullopt;
  const std::optional<int> language = find_language(wanted);
  const int english = find_language("en").value_or(0);
  if (!language || *language >= model.tokenizer().n_languages())
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the Whisper model {} does not know the language \"{}\"", model.name(), wanted));
  if (!model.tokenizer().is_multilingual() && *language != english)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the Whisper model {} knows English only, got language \"{}\"", model.name(), wanted));
  return language;
}

void require_translation(const WhisperModel& model) {
  if (model.can_translate()) return;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("the Whisper model {} cannot translate: expected a multilingual model that is not a turbo one",
                  model.name()));
}

}  // namespace

WhisperTranscriber::WhisperTranscriber(const Options& options, InfoSource info, ModelSource find_model,
                                       Fallback fallback, DetectorFactory make_detector)
    : options_(options),
      info_(std::move(info)),
      find_model_(std::move(find_model)),
      fallback_(std::move(fallback)),
      make_detector_(std::move(make_detector)) {}

Transcript WhisperTranscriber::transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log,
                                          Progress& progress, std::stop_token stop) {
  const std::shared_ptr<const WhisperModel> model = find_model_(options.model, stop);
  if (options.to_english) require_translation(*model);
  const std::optional<int> language = language_for(*model, options.language);
  TranscriptionRun::Setting setting{.model = model,
                                    .fallback = {},
                                    .options = options_,
                                    .decoding = options_.decoding,
                                    .language_known = language.has_value(),
                                    .prompt = {},
                                    .priority = options.priority,
                                    .audio = audio,
                                    .log = log,
                                    .progress = progress,
                                    .stop = stop};
  if (fallback_) setting.fallback = [&] { return fallback_(*model, stop); };
  setting.decoding.language = language.value_or(0);
  setting.decoding.task = options.to_english ? Task::kTranslate : Task::kTranscribe;
  if (options.temperature > 0) setting.decoding.temperatures = {options.temperature};
  if (!options.prompt.empty()) setting.prompt = model->tokenizer().encode(" " + options.prompt);

  const auto finish = [&](auto run) {
    Transcript transcript = run.transcribe();
    transcript.language = options.to_english ? "en" : std::string(bcp47_code(run.language()));
    transcript.language_confidence = run.language_confidence();
    transcript.engine = "whisper " + model->name();
    return transcript;
  };
  if (options_.long_audio == LongAudio::kSequential || !options.vad) return finish(SequentialRun(setting));
  const auto detector = make_detector_();
  return finish(ChunkedRun(setting, *detector));
}

}  // namespace voxlate::whisper
