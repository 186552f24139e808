#include <algorithm>
#include <array>

#include "http/dialect_routes.h"
#include "http/language_names.h"
#include "http/openai_json.h"
#include "http/request_fields.h"
#include "http/speech_request.h"

// The dialect of whisper.cpp's example server. Its fields are of three kinds: those that mean the same here; settings
// of its search, which the server's own settings stand for here and which are only checked; and those that would change
// what comes out in a way that is not offered, which are refused.

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kOrigin = "whisper.cpp";
constexpr double kMostMilliseconds = 1e9;
constexpr double kLeastLineLength = 42;  // below it, subtitles would need lines that the profiles do not make

struct Range {
  std::string_view name;
  double low;
  double high;
};

// Numbers that are checked and passed over.
constexpr std::array kPassedOver = std::to_array<Range>({
    {"temperature_inc", 0, 1},
    {"beam_size", -1, 64},
    {"best_of", -1, 64},
    {"entropy_thold", -1e6, 1e6},
    {"logprob_thold", -1e6, 1e6},
    {"no_speech_thold", -1e6, 1e6},
    {"word_thold", 0, 1},
    {"max_context", -1, 1e6},
    {"audio_ctx", 0, 1500},
    {"vad_threshold", 0, 1},
    {"vad_min_speech_duration_ms", 0, 1e6},
    {"vad_min_silence_duration_ms", 0, 1e6},
    {"vad_max_speech_duration_s", 0, 1e39},
    {"vad_speech_pad_ms", 0, 1e6},
    {"vad_samples_overlap", 0, 1e6},
});

// Yes or no, passed over: words have times, silence is left out and lines are cut at words in any case.
constexpr std::array<std::string_view, 9> kPassedOverFlags = {
    "no_timestamps", "token_timestamps",          "split_on_word", "suppress_non_speech", "vad", "no_context",
    "suppress_nst",  "no_language_probabilities", "print_realtime"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kRefusedFlags = {{
    {"diarize", "false: this server does not tell speakers apart yet"},
    {"tinydiarize", "false: this server does not tell speakers apart yet"},
    {"detect_language", "false: POST /detect-language tells the language"},
}};

struct InferenceRequest {
  SpeechOptions options;
  std::string form = "json";
  bool translate = false;
};

class Reader {
 public:
  explicit Reader(const Api& api) : api_(api), model_(api.whisper_cpp_model.get()) {}

  std::optional<Problem> read(const std::string& name, const std::string& value) {
    if (name == "model") model_ = value;
    if (name == "language") request_.options.fields.emplace_back("language", language_code(value));
    if (name == "prompt") request_.options.fields.emplace_back("prompt", value);
    if (name == "response_format") return read_form(value);
    if (name == "temperature" || name == "offset_t" || name == "duration" || name == "max_len")
      return read_number(name, value);
    for (const Range& range : kPassedOver) {
      if (name == range.name && !is_within(value, range.low, range.high)) return field_problem(name, "a number", value);
    }
    if (name == "translate" || std::ranges::find(kPassedOverFlags, name) != kPassedOverFlags.end()) {
      const auto flag = parse_flag(value);
      if (!flag) return field_problem(name, "true or false", value);
      if (name == "translate") request_.translate = *flag;
    }
    for (const auto& [refused, expected] : kRefusedFlags) {
      if (name == refused && parse_flag(value) != false) return field_problem(name, expected, value);
    }
    return std::nullopt;
  }

  std::variant<InferenceRequest, Problem> result() && {
    if (!add_model(api_, model_, request_.options.fields))
      return field_problem("model", "one that GET /api/models lists as installed", model_);
    if (request_.translate) request_.options.fields.emplace_back("task", "translate");
    return std::move(request_);
  }

 private:
  static bool is_within(const std::string& value, double low, double high) {
    const auto number = parse_number(value);
    return value.empty() || (number && *number >= low && *number <= high);
  }

  std::optional<Problem> read_form(const std::string& value) {
    constexpr std::array<std::string_view, 5> kForms = {"json", "text", "srt", "vtt", "verbose_json"};
    if (std::ranges::find(kForms, value) == kForms.end())
      return field_problem("response_format", "one of json, text, srt, vtt, verbose_json", value);
    request_.form = value;
    return std::nullopt;
  }

  std::optional<Problem> read_number(const std::string& name, const std::string& value) {
    const double most = name == "temperature" ? 1 : kMostMilliseconds;
    if (!is_within(value, 0, most))
      return field_problem(name, name == "temperature" ? "a number from 0 to 1" : "a number from 0 to 1e9", value);
    const double number = value.empty() ? 0 : *parse_number(value);
    if (name == "temperature") request_.options.temperature = static_cast<float>(number);
    if (name == "offset_t") request_.options.audio_begin = milliseconds(static_cast<std::int64_t>(number));
    if (name == "duration") request_.options.audio_length = milliseconds(static_cast<std::int64_t>(number));
    if (name == "max_len" && number > 0 && number < kLeastLineLength)
      return field_problem(name, "0 or at least 42: lines are laid out as subtitles; verbose_json has words", value);
    return std::nullopt;
  }

  const Api& api_;
  std::string model_;
  InferenceRequest request_;
};

std::variant<InferenceRequest, Problem> parse_inference(const Api& api, const FormFields& fields) {
  Reader reader(api);
  for (const auto& [name, value] : fields) {
    if (auto problem = reader.read(name, value)) return *std::move(problem);
  }
  return std::move(reader).result();
}

Response answer_heard(const Api& api, const HeardSpeech& heard, const InferenceRequest& inference) {
  const Transcript& transcript = heard.transcript;
  if (inference.form == "verbose_json") {
    return json_response(
        200, openai_verbose_json(transcript, inference.translate ? "translate" : "transcribe",
                                 std::max(heard.job.media.duration, transcript.duration), {.words_in_segments = true}));
  }
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  if (inference.form == "json") return json_response(200, plain_text_json(text_of(transcript)));
  response.body = inference.form == "text" ? text_of(transcript) + "\n" : result_file(api, heard.job, inference.form);
  return response;
}

// "models/ggml-base.en.bin" is the model "base.en".
std::string model_id_of(std::string_view file) {
  if (const auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  if (file.starts_with("ggml-")) file.remove_prefix(5);
  if (file.ends_with(".bin")) file.remove_suffix(4);
  return std::string(file);
}

}  // namespace

Response whisper_cpp_inference(Api& api, Request& request) {
  InferenceRequest inference;
  auto submitted = submit_speech(api, request, {.origin = kOrigin},
                                 [&](const FormFields& fields) -> std::variant<SpeechOptions, Problem> {
                                   auto parsed = parse_inference(api, fields);
                                   if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
                                   inference = std::get<InferenceRequest>(std::move(parsed));
                                   return inference.options;
                                 });
  if (const auto* problem = std::get_if<Problem>(&submitted)) return problem_response(*problem, request);
  const auto heard = hear_speech(api, request, std::get<AwaitedSpeech>(submitted));
  if (const auto* problem = std::get_if<Problem>(&heard)) return problem_response(*problem, request);
  return answer_heard(api, std::get<HeardSpeech>(heard), inference);
}

Response whisper_cpp_load(Api& api, Request& request) {
  auto received = receive_fields(request);
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  const std::string named = field_of(std::get<FormFields>(received), "model");
  const std::string id = model_id_of(named);
  FormFields unused;
  if (id.empty() || !add_model(api, id, unused)) {
    return problem_response(
        field_problem("model", "one that GET /api/models lists as installed, as base.en or ggml-base.en.bin", named),
        request);
  }
  api.whisper_cpp_model.set(id);
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = "Load was successful!";
  return response;
}

}  // namespace voxlate::http
