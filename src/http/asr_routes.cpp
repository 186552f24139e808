#include <algorithm>
#include <array>
#include <utility>

#include "http/dialect_routes.h"
#include "http/language_names.h"
#include "http/openai_json.h"
#include "http/speech_request.h"

// The dialect of whisper-asr-webservice, which Bazarr speaks: options are in the query, the sound in the part
// "audio_file", and the answer is the subtitle itself.

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kOrigin = "asr";
constexpr seconds kDetectFrom{120};  // of the sound, to tell its language; speech may begin late
constexpr double kMostSeconds = 86'400;

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOutputs = {{
    {"txt", "text/plain; charset=utf-8"},
    {"srt", "text/plain; charset=utf-8"},
    {"vtt", "text/plain; charset=utf-8"},
    {"tsv", "text/plain; charset=utf-8"},
    {"json", "application/json"},
}};

std::string query_value(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

// A yes or no of the query; a problem of the field otherwise.
std::variant<bool, Problem> query_flag(const Request& request, const std::string& name, bool otherwise) {
  const std::string value = query_value(request, name);
  if (value.empty()) return otherwise;
  const auto flag = parse_flag(value);
  if (!flag) return field_problem(name, "true or false", value);
  return *flag;
}

struct AsrRequest {
  SpeechOptions options;
  std::string output;
  bool encode = true;
  bool words = false;
};

std::variant<AsrRequest, Problem> parse_asr_request(const Request& request) {
  AsrRequest asr{.options = {}, .output = query_value(request, "output")};
  if (asr.output.empty()) asr.output = "txt";
  if (std::ranges::find(kOutputs, asr.output, &decltype(kOutputs)::value_type::first) == kOutputs.end())
    return field_problem("output", "one of txt, srt, vtt, tsv, json", asr.output);
  for (const auto& [name, flag] : {std::pair<const char*, bool*>{"encode", &asr.encode},
                                   std::pair<const char*, bool*>{"word_timestamps", &asr.words}}) {
    auto read = query_flag(request, name, *flag);
    if (auto* problem = std::get_if<Problem>(&read)) return std::move(*problem);
    *flag = std::get<bool>(read);
  }
  auto diarize = query_flag(request, "diarize", false);
  if (auto* problem = std::get_if<Problem>(&diarize)) return std::move(*problem);
  if (std::get<bool>(diarize))
    return field_problem("diarize", "false: this server does not tell speakers apart yet", "true");
  FormFields& fields = asr.options.fields;
  fields.emplace_back("task", query_value(request, "task"));
  fields.emplace_back("language", language_code(query_value(request, "language")));
  fields.emplace_back("prompt", query_value(request, "initial_prompt"));
  return asr;
}

Response output_response(const Api& api, const HeardSpeech& heard, const AsrRequest& asr) {
  Response response;
  response.content_type = std::ranges::find(kOutputs, asr.output, &decltype(kOutputs)::value_type::first)->second;
  if (asr.output == "json")
    response.body = whisper_result_json(heard.transcript, asr.words);
  else if (asr.output == "txt")
    response.body = text_of(heard.transcript) + "\n";
  else
    response.body = result_file(api, heard.job, asr.output);
  response.add("Asr-Engine", heard.job.spec.engine);
  return response;
}

std::variant<HeardSpeech, Problem> hear(Api& api, Request& request, const SpeechOptions& options, bool encode) {
  auto submitted = submit_speech(api, request, {.origin = kOrigin, .part = "audio_file", .raw_samples = !encode},
                                 [&](const FormFields&) -> std::variant<SpeechOptions, Problem> { return options; });
  if (auto* problem = std::get_if<Problem>(&submitted)) return std::move(*problem);
  return hear_speech(api, request, std::get<AwaitedSpeech>(submitted));
}

// Seconds of the query as a time; nothing when it is none.
std::optional<milliseconds> query_seconds(const Request& request, const std::string& name, milliseconds otherwise) {
  const std::string value = query_value(request, name);
  if (value.empty()) return otherwise;
  const auto number = parse_number(value);
  if (!number || *number < 0 || *number > kMostSeconds) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(*number * 1000));
}

}  // namespace

Response asr_transcribe(Api& api, Request& request) {
  auto parsed = parse_asr_request(request);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  const AsrRequest& asr = std::get<AsrRequest>(parsed);
  const auto heard = hear(api, request, asr.options, asr.encode);
  if (const auto* problem = std::get_if<Problem>(&heard)) return problem_response(*problem, request);
  return output_response(api, std::get<HeardSpeech>(heard), asr);
}

Response asr_detect_language(Api& api, Request& request) {
  auto encode = query_flag(request, "encode", true);
  if (const auto* problem = std::get_if<Problem>(&encode)) return problem_response(*problem, request);
  const auto begin = query_seconds(request, "detect_lang_offset", milliseconds(0));
  const auto length = query_seconds(request, "detect_lang_length", kDetectFrom);
  if (!begin || !length) {
    return problem_response(
        field_problem(begin ? "detect_lang_length" : "detect_lang_offset", "seconds, from 0 to 86400",
                      query_value(request, begin ? "detect_lang_length" : "detect_lang_offset")),
        request);
  }
  SpeechOptions options;
  options.audio_begin = *begin;
  options.audio_length = std::max(*length, milliseconds(1000));
  const auto heard = hear(api, request, options, std::get<bool>(encode));
  if (const auto* problem = std::get_if<Problem>(&heard)) return problem_response(*problem, request);
  const Transcript& transcript = std::get<HeardSpeech>(heard).transcript;
  if (transcript.language_confidence <= 0) {
    const std::string why = transcript.segments.empty()
                                ? "No speech was found in the first " +
                                      std::to_string(options.audio_length / seconds(1)) +
                                      " seconds that were looked at."
                                : "The language cannot be told: the recogniser " + transcript.engine +
                                      " knows one only. Install a multilingual model.";
    return problem_response({.code = "unsupported", .detail = why}, request);
  }
  return json_response(200, detected_language_json(transcript.language, transcript.language_confidence));
}

}  // namespace voxlate::http
