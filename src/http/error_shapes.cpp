#include "http/error_shapes.h"

#include <nlohmann/json.hpp>

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

std::string_view openai_type(int status) {
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

// The field at fault, where it is one.
Json param_of(const Problem& problem) {
  if (problem.errors.empty() || problem.errors.front().pointer.size() < 2) return nullptr;
  return problem.errors.front().pointer.substr(1);
}

}  // namespace

int status_of(const Problem& problem, ErrorShape shape) {
  const int status = problem.status();
  if (shape == ErrorShape::kProblem) return status;
  if (shape == ErrorShape::kOpenAi && status == 415) return 400;
  return status == 422 ? 400 : status;
}

std::string error_json(const Problem& problem, ErrorShape shape) {
  Json document;
  switch (shape) {
    case ErrorShape::kOpenAi:
      document = {{"error",
                   {{"message", problem.detail},
                    {"type", openai_type(status_of(problem, shape))},
                    {"param", param_of(problem)},
                    {"code", problem.code == "not_signed_in" ? "invalid_api_key" : problem.code}}}};
      break;
    case ErrorShape::kDetail: document = {{"detail", problem.detail}}; break;
    case ErrorShape::kText:
    case ErrorShape::kProblem: document = {{"error", problem.detail}}; break;
  }
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace voxlate::http
