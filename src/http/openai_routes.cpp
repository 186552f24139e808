#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "http/dialect_routes.h"
#include "http/openai_json.h"
#include "http/openai_request.h"
#include "http/transcript_stream.h"

namespace voxlate::http {
namespace {

constexpr std::string_view kOrigin = "openai";
constexpr std::string_view kPlain = "text/plain; charset=utf-8";

Response text_response(std::string text) {
  Response response;
  response.content_type = kPlain;
  response.body = std::move(text);
  return response;
}

Response answer_heard(const Api& api, const HeardSpeech& heard, const OpenAiAnswer& answer, OpenAiTask task) {
  const Transcript& transcript = heard.transcript;
  const std::chrono::milliseconds length = std::max(heard.job.media.duration, transcript.duration);
  switch (answer.form) {
    case OpenAiAnswer::Form::kText: return text_response(text_of(transcript) + "\n");
    case OpenAiAnswer::Form::kSrt: return text_response(result_file(api, heard.job, "srt"));
    case OpenAiAnswer::Form::kVtt: return text_response(result_file(api, heard.job, "vtt"));
    case OpenAiAnswer::Form::kVerboseJson:
      return json_response(
          200, openai_verbose_json(transcript, task == OpenAiTask::kTranslate ? "translate" : "transcribe", length,
                                   {.segments = answer.segments, .words = answer.words}));
    case OpenAiAnswer::Form::kJson: break;
  }
  return json_response(200, openai_text_json(text_of(transcript), length));
}

Response hear(Api& api, Request& request, OpenAiTask task) {
  OpenAiAnswer answer;
  auto submitted = submit_speech(api, request, {.origin = kOrigin},
                                 [&](const FormFields& fields) -> std::variant<SpeechOptions, Problem> {
                                   auto parsed = parse_openai_request(api, fields, task);
                                   if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
                                   answer = std::get<OpenAiRequest>(parsed).answer;
                                   return std::get<OpenAiRequest>(std::move(parsed)).options;
                                 });
  if (const auto* problem = std::get_if<Problem>(&submitted)) return problem_response(*problem, request);
  auto speech = std::get<AwaitedSpeech>(std::move(submitted));
  if (answer.stream) return transcript_stream(api, std::move(speech));
  const auto heard = hear_speech(api, request, speech);
  if (const auto* problem = std::get_if<Problem>(&heard)) return problem_response(*problem, request);
  return answer_heard(api, std::get<HeardSpeech>(heard), answer, task);
}

}  // namespace

Response openai_transcribe(Api& api, Request& request) { return hear(api, request, OpenAiTask::kTranscribe); }

Response openai_translate(Api& api, Request& request) { return hear(api, request, OpenAiTask::kTranslate); }

Response openai_speak(Api&, Request& request) {
  return problem_response({.code = "voices_not_available",
                           .detail = "This server has no voices yet: it writes down what is said, and does not speak."},
                          request);
}

Response openai_list_models(Api& api, Request&) {
  return json_response(200, openai_models_json(openai_models(api.services.capabilities())));
}

Response openai_show_model(Api& api, Request& request) {
  const std::string& id = request.captures.at("id");
  const std::vector<std::string> known = openai_models(api.services.capabilities());
  if (std::ranges::find(known, id) != known.end()) return json_response(200, openai_model_json(id));
  return problem_response({.code = "model_not_found",
                           .detail = "The model \"" + id + "\" does not exist; GET /v1/models lists those that do.",
                           .errors = {{.pointer = "/model", .detail = "There is no such model."}}},
                          request);
}

}  // namespace voxlate::http
