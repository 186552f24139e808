#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/utf8.h"
#include "http/dialect_routes.h"
#include "http/language_names.h"
#include "http/request_fields.h"
#include "http/speech_request.h"
#include "http/text_document.h"
#include "http/text_translation.h"

// The dialect of LibreTranslate, whose clients look for it at this port.

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostAlternatives = 16;

Response json_answer(const Json& document) {
  return json_response(200, document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

struct TranslateRequest {
  std::vector<std::string> texts;
  bool is_list = false;
  std::string source;
  std::string target;
  bool html = false;
  bool alternatives = false;  ///< asked for; there are none
};

Problem missing(std::string_view name) {
  return {.code = "invalid_input",
          .detail = "Invalid request: missing " + std::string(name) + " parameter",
          .errors = {{.pointer = "/" + std::string(name), .detail = "The field is missing."}}};
}

std::optional<Problem> check_limits(const Options& options, const std::vector<std::string>& texts) {
  if (texts.size() > options.max_translation_texts) {
    return Problem{.code = "invalid_input",
                   .detail = "Invalid request: expected at most " + std::to_string(options.max_translation_texts) +
                             " texts, got " + std::to_string(texts.size())};
  }
  std::size_t characters = 0;
  for (const std::string& text : texts) characters += characters_in(text);
  if (characters <= options.max_translation_characters) return std::nullopt;
  return Problem{.code = "invalid_input",
                 .detail = "Invalid request: request (" + std::to_string(characters) + ") exceeds text limit (" +
                           std::to_string(options.max_translation_characters) + ")"};
}

std::variant<TranslateRequest, Problem> parse_translate(const FormFields& fields, const Options& options) {
  TranslateRequest request;
  bool has_text = false;
  for (const auto& [name, value] : fields) {
    if (name == "q" || name == "q[]") {
      has_text = true;
      request.is_list = request.is_list || name == "q[]";
      request.texts.push_back(repair_utf8(value));
    } else if (name == "source") {
      request.source = value;
    } else if (name == "target") {
      request.target = value;
    } else if (name == "format") {
      if (value != "text" && value != "html" && !value.empty()) return field_problem("format", "text or html", value);
      request.html = value == "html";
    } else if (name == "alternatives") {
      const auto number = parse_number(value);
      if (!number || *number < 0 || *number > kMostAlternatives)
        return field_problem("alternatives", "a number from 0 to " + std::to_string(kMostAlternatives), value);
      request.alternatives = *number > 0;
    }
  }
  if (!has_text) return missing("q");
  if (request.source.empty()) return missing("source");
  if (request.target.empty()) return missing("target");
  if (auto problem = check_limits(options, request.texts)) return *std::move(problem);
  return request;
}

Json guess_json(const LanguageGuess& guess) {
  return {{"confidence", std::round(guess.confidence * 1000) / 10}, {"language", guess.language}};
}

std::string_view primary(std::string_view tag) { return tag.substr(0, tag.find('-')); }

/// The places of texts by their language; what has none is not translated.
struct Sources {
  std::vector<LanguageGuess> guesses;
  std::map<std::string, std::vector<std::size_t>> places;
};

Sources sources_of(const Api& api, const TranslateRequest& wanted) {
  Sources sources;
  for (std::size_t i = 0; i < wanted.texts.size(); ++i) {
    LanguageGuess guess{.language = wanted.source};
    if (wanted.source == "auto") {
      guess =
          language_to_translate(api, wanted.texts[i], wanted.target).value_or(LanguageGuess{.language = wanted.target});
    }
    sources.places[guess.language].push_back(i);
    sources.guesses.push_back(std::move(guess));
  }
  return sources;
}

std::vector<std::string> translate_texts(Api& api, const Request& request, const TranslateRequest& wanted,
                                         const Sources& sources) {
  std::vector<std::string> results = wanted.texts;
  TextTranslation translation(api, request, wanted.target);
  for (const auto& [language, places] : sources.places) {
    if (language == wanted.target) continue;
    std::vector<TranslatableText> texts;
    for (const std::size_t place : places)
      texts.push_back(wanted.html ? TranslatableText::html(wanted.texts[place])
                                  : TranslatableText::plain(wanted.texts[place]));
    const std::vector<std::string> translated = translation.translate(texts, language);
    for (std::size_t i = 0; i < places.size(); ++i) results[places[i]] = translated[i];
  }
  return results;
}

// "aa is not supported", as LibreTranslate says it, with what is.
std::optional<Problem> check_languages(const Api& api, std::string_view source, std::string_view target) {
  std::set<std::string> known;
  for (const TranslationRoute& route : api.services.capabilities().routes) {
    known.insert({std::string(primary(route.source)), std::string(primary(route.target))});
  }
  for (const auto& [name, language] : {std::pair{"source", source}, std::pair{"target", target}}) {
    if (known.contains(std::string(primary(language))) || (language == "auto" && name == std::string_view("source")))
      continue;
    std::string all;
    for (const std::string& code : known) all += (all.empty() ? "" : ", ") + code;
    return field_problem(name, "one of [" + all + "], the languages that can be translated here", language);
  }
  return std::nullopt;
}

Problem too_busy(const Api& api) {
  return {.code = "too_many_waiting",
          .detail = "As many requests are worked on as may be (" + std::to_string(api.options.max_waiting_requests) +
                    "). Try again soon.",
          .retry_after_s = 2};
}

}  // namespace

Response text_translate(Api& api, Request& request) {
  const auto place = api.awaited.try_take_place();
  if (!place) return problem_response(too_busy(api), request);
  auto received = receive_fields(request);
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  auto parsed = parse_translate(std::get<FormFields>(received), api.options);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  const TranslateRequest& wanted = std::get<TranslateRequest>(parsed);
  if (const auto problem = check_languages(api, wanted.source, wanted.target))
    return problem_response(*problem, request);
  const Sources sources = sources_of(api, wanted);
  const std::vector<std::string> texts = translate_texts(api, request, wanted, sources);

  Json answer = {{"translatedText", wanted.is_list ? Json(texts) : Json(texts.front())}};
  if (wanted.source == "auto") {
    Json guesses = Json::array();
    for (const LanguageGuess& guess : sources.guesses) guesses.push_back(guess_json(guess));
    answer["detectedLanguage"] = wanted.is_list ? guesses : guesses.front();
  }
  if (wanted.alternatives)
    answer["alternatives"] = wanted.is_list ? Json(std::vector<Json>(texts.size(), Json::array())) : Json::array();
  return json_answer(answer);
}

Response text_detect(Api& api, Request& request) {
  auto received = receive_fields(request);
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  const FormFields& fields = std::get<FormFields>(received);
  const auto text =
      std::ranges::find_if(fields, [](const auto& field) { return field.first == "q" || field.first == "q[]"; });
  if (text == fields.end()) return problem_response(missing("q"), request);
  if (const auto problem = check_limits(api.options, {text->second})) return problem_response(*problem, request);
  Json answer = Json::array();
  for (const LanguageGuess& guess : api.services.identify_language(repair_utf8(text->second)))
    answer.push_back(guess_json(guess));
  return json_answer(answer);
}

Response text_languages(Api& api, Request&) {
  std::map<std::string, std::set<std::string>> targets;
  for (const TranslationRoute& route : api.services.capabilities().routes) {
    targets[route.source].insert({route.source, route.target});
    targets[route.target].insert(route.target);
  }
  Json answer = Json::array();
  for (const auto& [code, into] : targets)
    answer.push_back({{"code", code}, {"name", language_title(code)}, {"targets", into}});
  return json_answer(answer);
}

Response text_frontend_settings(Api& api, Request&) {
  const std::vector<TranslationRoute> routes = api.services.capabilities().routes;
  const std::string target = routes.empty() ? "en" : routes.front().target;
  return json_answer({{"apiKeys", false},
                      {"charLimit", api.options.max_translation_characters},
                      {"frontendTimeout", 500},
                      {"keyRequired", false},
                      {"language",
                       {{"source", {{"code", "auto"}, {"name", "Auto Detect"}}},
                        {"target", {{"code", target}, {"name", language_title(target)}}}}},
                      {"suggestions", false},
                      {"supportedFilesFormat", {".html", ".srt", ".txt", ".vtt"}}});
}

Response text_translate_file(Api& api, Request& request) {
  constexpr std::uint64_t kMaxFileBytes = 4 << 20;
  const auto place = api.awaited.try_take_place();
  if (!place) return problem_response(too_busy(api), request);
  auto received = receive_form(request.head.value("content-type"), request.body, api.services.data.uploads(),
                               api.services.durability, {.max_file_bytes = kMaxFileBytes});
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  UploadForm form = std::get<UploadForm>(std::move(received));
  const std::string source = field_of(form.fields, "source");
  const std::string target = field_of(form.fields, "target");
  if (source.empty() || target.empty()) return problem_response(missing(source.empty() ? "source" : "target"), request);
  if (const auto problem = check_languages(api, source, target)) return problem_response(*problem, request);
  const std::string name = safe_file_name(form.file_name, /*max_bytes=*/200);
  const auto dot = name.rfind('.');
  const std::string extension = dot == std::string::npos ? "" : name.substr(dot);
  const std::string text = read_file(form.file->path(), kMaxFileBytes);
  auto translated =
      translate_document(api, request, {.text = text, .extension = extension, .source = source, .target = target});
  if (const auto* problem = std::get_if<Problem>(&translated)) return problem_response(*problem, request);
  const std::string id =
      api.translated_files.add(request.caller.user_id, name.substr(0, dot) + "_" + target + extension, extension,
                               std::get<std::string>(std::move(translated)));
  return json_answer(
      {{"translatedFileUrl", "http://" + std::string(request.head.value("host")) + "/download_file/" + id}});
}

Response text_download_file(Api& api, Request& request) {
  const auto file = api.translated_files.find(request.captures.at("id"));
  if (!file || !request.caller.sees(file->owner))
    return problem_response({.code = "not_found", .detail = "There is no such file (any more)."}, request);
  Response response;
  response.content_type = "application/octet-stream";
  response.body = file->content;
  response.add("Content-Disposition", "attachment; filename*=UTF-8''" + encode_percent(file->name));
  return response;
}

}  // namespace voxlate::http
