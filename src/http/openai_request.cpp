#include "http/openai_request.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "http/language_names.h"

namespace voxlate::http {
namespace {

using Form = OpenAiAnswer::Form;

constexpr std::array<std::pair<std::string_view, Form>, 5> kForms = {{
    {"json", Form::kJson},
    {"text", Form::kText},
    {"srt", Form::kSrt},
    {"vtt", Form::kVtt},
    {"verbose_json", Form::kVerboseJson},
}};

// "a[]", "a[0]" and "a[b]" are "a".
std::string_view base_name(std::string_view name) { return name.substr(0, name.find('[')); }

class Reader {
 public:
  Reader(const Api& api, OpenAiTask task) : api_(api), task_(task) {
    if (task == OpenAiTask::kTranslate) request_.options.fields.emplace_back("task", "translate");
  }

  std::optional<Problem> read(std::string_view field, const std::string& value) {
    const std::string_view name = base_name(field);
    if (name == "model") return read_model(value);
    if (name == "language" || name == "prompt") {
      request_.options.fields.emplace_back(name, name == "language" ? language_code(value) : value);
    } else if (name == "response_format") {
      return read_form(value);
    } else if (name == "temperature") {
      return read_temperature(value);
    } else if (name == "timestamp_granularities") {
      return read_granularity(value);
    } else if (name == "stream") {
      const auto flag = parse_flag(value);
      if (!flag) return field_problem(name, "true or false", value);
      request_.answer.stream = *flag;
    } else if (name == "include" && value != "logprobs") {
      return field_problem("include", "logprobs", value);
    } else if (field == "chunking_strategy") {
      return read_chunking(value);
    } else if (name == "known_speaker_names" || name == "known_speaker_references") {
      return no_speakers(name);
    }
    return std::nullopt;
  }

  std::variant<OpenAiRequest, Problem> result() && {
    OpenAiAnswer& answer = request_.answer;
    if (wants_words_ && answer.form != Form::kVerboseJson)
      return field_problem("timestamp_granularities", "\"word\" only with response_format verbose_json", "word");
    if (answer.stream && answer.form != Form::kJson && answer.form != Form::kText)
      return field_problem("stream", "false for this response_format: json and text can be streamed", "true");
    if (answer.stream && task_ == OpenAiTask::kTranslate)
      return field_problem("stream", "false: translations are not streamed", "true");
    answer.words = wants_words_;
    answer.segments = wants_segments_ || !wants_words_;
    return std::move(request_);
  }

 private:
  static Problem no_speakers(std::string_view name) {
    return {.code = "unsupported",
            .detail = "This server does not tell speakers apart yet.",
            .errors = {{.pointer = "/" + std::string(name), .detail = "Speakers are not told apart yet."}}};
  }

  std::optional<Problem> read_model(const std::string& value) {
    if (add_model(api_, value, request_.options.fields)) return std::nullopt;
    Problem problem = field_problem("model", "one of those that GET /v1/models lists", value);
    problem.code = "model_not_found";
    return problem;
  }

  std::optional<Problem> read_form(const std::string& value) {
    for (const auto& [name, form] : kForms) {
      if (name != value) continue;
      request_.answer.form = form;
      return std::nullopt;
    }
    if (value == "diarized_json") return no_speakers("response_format");
    return field_problem("response_format", "one of json, text, srt, vtt, verbose_json", value);
  }

  std::optional<Problem> read_temperature(const std::string& value) {
    const auto number = parse_number(value);
    if (!number || *number < 0 || *number > 1) return field_problem("temperature", "a number from 0 to 1", value);
    request_.options.temperature = static_cast<float>(*number);
    return std::nullopt;
  }

  std::optional<Problem> read_granularity(const std::string& value) {
    if (value != "word" && value != "segment")
      return field_problem("timestamp_granularities", "word or segment", value);
    (value == "word" ? wants_words_ : wants_segments_) = true;
    return std::nullopt;
  }

  // "auto" or {"type": "server_vad", …}: audio is always cut at its pauses here.
  static std::optional<Problem> read_chunking(const std::string& value) {
    if (value == "auto" || value.empty()) return std::nullopt;
    const auto strategy = nlohmann::json::parse(value, nullptr, /*allow_exceptions=*/false);
    if (strategy.is_object() && strategy.contains("type") && strategy.at("type") == "server_vad") return std::nullopt;
    return field_problem("chunking_strategy", "auto or an object of the type server_vad", value);
  }

  const Api& api_;
  const OpenAiTask task_;
  OpenAiRequest request_;
  bool wants_words_ = false;
  bool wants_segments_ = false;
};

}  // namespace

std::variant<OpenAiRequest, Problem> parse_openai_request(const Api& api, const FormFields& fields, OpenAiTask task) {
  Reader reader(api, task);
  for (const auto& [name, value] : fields) {
    if (auto problem = reader.read(name, value)) return *std::move(problem);
  }
  return std::move(reader).result();
}

}  // namespace voxlate::http
