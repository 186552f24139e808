#include <charconv>
#include <nlohmann/json.hpp>

#include "http/job_document.h"
#include "http/metrics_text.h"
#include "http/performance_json.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxDocumentBytes = 16 * 1024;
constexpr std::size_t kMaxAdvice = 64;
constexpr std::chrono::days kLongestRange{400};

/// "15m", "6h", "7d"; nothing when it is something else, or out of range.
std::optional<std::chrono::seconds> parse_range(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size() - 1, count);
  if (error != std::errc() || end != text.data() + text.size() - 1 || count < 1 || count > 100'000) return std::nullopt;
  std::optional<std::chrono::seconds> range;
  if (text.back() == 'm') range = std::chrono::minutes(count);
  if (text.back() == 'h') range = std::chrono::hours(count);
  if (text.back() == 'd') range = std::chrono::days(count);
  return range && *range <= kLongestRange ? range : std::nullopt;
}

Problem invalid(std::string pointer, std::string detail) {
  return {.code = "invalid_input",
          .detail = "Expected {\"force_memory_cleanup\": true, \"aggressive\": false, \"apply\": []}, each optional.",
          .errors = {{.pointer = std::move(pointer), .detail = std::move(detail)}}};
}

std::variant<OptimizeRequest, Problem> read_request(Request& request) {
  auto text = read_text_body(request.body, kMaxDocumentBytes);
  if (auto* problem = std::get_if<Problem>(&text)) return std::move(*problem);
  const std::string& body = std::get<std::string>(text);
  if (body.empty()) return OptimizeRequest{.force_memory_cleanup = true, .apply = {}};
  const Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return invalid("", "Expected an object.");
  OptimizeRequest asked;
  for (const auto& [name, value] : document.items()) {
    if (name == "force_memory_cleanup" || name == "aggressive") {
      if (!value.is_boolean()) return invalid("/" + name, "Expected true or false.");
      (name == "aggressive" ? asked.aggressive : asked.force_memory_cleanup) = value.get<bool>();
    } else if (name == "apply") {
      const bool texts = value.is_array() && value.size() <= kMaxAdvice &&
                         std::all_of(value.begin(), value.end(), [](const Json& id) { return id.is_string(); });
      if (!texts) return invalid("/apply", "Expected ids of recommendations.");
      asked.apply = value.get<std::vector<std::string>>();
    } else {
      return invalid("/" + name, "There is no such member.");
    }
  }
  return asked;
}

}  // namespace

Response show_performance(Api& api, Request&) {
  return json_response(200, performance_json(api.services.performance, api.services.status()));
}

Response show_timings(Api& api, Request&) {
  return json_response(200, timings_json(api.services.performance.stages()));
}

Response reset_timings(Api& api, Request&) {
  api.services.performance.reset_stages();
  return {.status = 204};
}

Response show_history(Api& api, Request& request) {
  const auto asked = request.query.find("range");
  const auto range = parse_range(asked == request.query.end() ? "15m" : asked->second);
  if (!range) {
    return problem_response({.code = "invalid_input",
                             .detail = "The range is unknown.",
                             .errors = {{.pointer = "/range", .detail = "Expected 15m, 6h or 7d; at most 400d."}}},
                            request);
  }
  return json_response(200, history_json(api.services.performance.history(*range)));
}

Response show_memory(Api& api, Request&) {
  return json_response(200, memory_profile_json(api.services.performance.memory(), api.services.status()));
}

Response show_advice(Api& api, Request&) {
  return json_response(200, advice_json(api.services.performance.recommendations(), api.services.status()));
}

Response optimize(Api& api, Request& request) {
  const auto asked = read_request(request);
  if (const auto* problem = std::get_if<Problem>(&asked)) return problem_response(*problem, request);
  return json_response(200, optimized_json(api.services.performance.optimize(std::get<OptimizeRequest>(asked))));
}

Response send_metrics(Api& api, Request&) {
  const Performance& performance = api.services.performance;
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text({.status = api.services.status(),
                                .queue = api.services.store.count_by_state(),
                                .stages = performance.stages(),
                                .holders = performance.holders()});
  return response;
}

}  // namespace voxlate::http
