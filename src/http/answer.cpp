#include <algorithm>
#include <exception>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/guard.h"
#include "http/guessing.h"
#include "http/identify.h"
#include "http/routes.h"
#include "http/tus_headers.h"

namespace voxlate::http {
namespace {

constexpr std::string_view kLockedPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";

std::optional<std::string_view> next_segment(std::string_view& path) {
  if (!path.starts_with('/')) return std::nullopt;
  const auto end = path.find('/', 1);
  const std::string_view segment = path.substr(1, end == std::string_view::npos ? end : end - 1);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  return segment;
}

// A decoded segment that can be looked up: text without separators and controls.
std::optional<std::string> decode_segment(std::string_view segment) {
  auto text = decode_percent(segment);
  if (!text || text->empty() || !is_utf8(*text)) return std::nullopt;
  const bool clean = std::ranges::none_of(*text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '/' || c == '\\';
  });
  return clean ? text : std::nullopt;
}

bool is_api_path(std::string_view path) {
  return path == "/api" || path == "/v1" || path.starts_with("/api/") || path.starts_with("/v1/");
}

Response options_response(const std::string& allow) {
  Response response;
  response.status = 204;
  response.add("Allow", allow);
  return response;
}

Response dispatch(Api& api, Request& request) {
  const std::string_view method = effective_method(request.head, request.path);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  std::string allow;
  for (const Route& route : kRoutes) {
    auto captures = match_pattern(route.pattern, request.path);
    if (!captures) continue;
    if (route.method == wanted || route.method == method) {
      request.captures = std::move(*captures);
      request.error_shape = route.error_shape;
      if (const auto problem = admit(api, request, route.access)) return problem_response(*problem, request);
      if (const auto problem = refuse_guessing(api, request, route)) return problem_response(*problem, request);
      Response response = answer_repeatable(api, request, route);
      count_miss(api, request, route, response.status);
      return response;
    }
    if (route.method == "OPTIONS") continue;
    allow += (allow.empty() ? "" : ", ") + std::string(route.method == "GET" ? "GET, HEAD" : route.method);
  }
  // Who is not signed in does not learn what there is.
  if (is_api_path(request.path)) {
    if (const auto problem = admit(api, request, Access::kRead)) return problem_response(*problem, request);
  }
  if (allow.empty() && is_api_path(request.path)) {
    return problem_response({.code = "not_found", .detail = "There is no such route."}, request);
  }
  if (allow.empty() && wanted == "GET") return send_client(api, request);
  if (allow.empty()) allow = "GET, HEAD";
  allow += ", OPTIONS";
  if (wanted == "OPTIONS") return options_response(allow);
  return problem_response({.code = "method_not_allowed", .detail = "This route takes: " + allow + ".", .allow = allow},
                          request);
}

// So that also what never reaches a route is told in the shape that its clients understand.
ErrorShape error_shape_of(std::string_view path) {
  for (const Route& route : kRoutes) {
    if (match_pattern(route.pattern, path)) return route.error_shape;
  }
  return path.starts_with("/v1/") ? ErrorShape::kOpenAi : ErrorShape::kProblem;
}

Response guarded(Api& api, Request& request) {
  request.error_shape = error_shape_of(request.path);
  if (const auto problem = check_host(request.head, api.options)) return problem_response(*problem, request);
  if (const auto problem = check_origin(request.head)) return problem_response(*problem, request);
  return dispatch(api, request);
}

// Of every answer about uploads, refusals included, but to OPTIONS.
void add_tus_version(Response& response, const RequestHead& head) {
  if (head.method == "OPTIONS") return;
  response.add("Tus-Resumable", std::string(kTusVersion));
  if (response.status == 412) response.add("Tus-Version", std::string(kTusVersion));
}

void log_failure(const Request& request, std::string_view reason, int status) {
  log::write(status >= 500 ? log::Level::kError : log::Level::kInfo, "request failed",
             {{"request_id", request.id}, {"method", request.head.method}, {"status", status}, {"why", reason}});
}

Response answer_or_problem(Api& api, Request& request) {
  Problem problem{.code = "internal", .detail = {}};
  try {
    return guarded(api, request);
  } catch (const Error& error) {
    problem = problem_of(error, request.phase);
    log_failure(request, error.what(), problem.status());
  } catch (const std::exception& error) {
    problem = problem_of(Error(ErrorCode::kInternal, ""), request.phase);
    log_failure(request, error.what(), problem.status());
  }
  return problem_response(problem, request);
}

}  // namespace

std::optional<std::map<std::string, std::string>> match_pattern(std::string_view pattern, std::string_view path) {
  std::map<std::string, std::string> captures;
  while (true) {
    const auto expected = next_segment(pattern);
    const auto got = next_segment(path);
    if (!expected && !got) return path.empty() ? std::optional(captures) : std::nullopt;
    if (!expected || !got) return std::nullopt;
    if (expected->starts_with('{')) {
      auto text = decode_segment(*got);
      if (!text) return std::nullopt;
      captures.emplace(expected->substr(1, expected->size() - 2), std::move(*text));
    } else if (*expected != *got) {
      return std::nullopt;
    }
  }
}

void add_common_headers(Response& response, std::string_view request_id) {
  const auto add_default = [&](std::string_view name, std::string_view value) {
    if (std::ranges::find(response.headers, name, &Header::name) == response.headers.end()) {
      response.add(std::string(name), std::string(value));
    }
  };
  add_default("X-Request-Id", request_id);
  add_default("Content-Security-Policy", kLockedPolicy);
  add_default("X-Content-Type-Options", "nosniff");
  add_default("Referrer-Policy", "no-referrer");
  add_default("Cross-Origin-Opener-Policy", "same-origin");
  add_default("Cross-Origin-Resource-Policy", "same-origin");
  add_default("Permissions-Policy", "camera=(), microphone=(self), geolocation=()");
  add_default("X-Frame-Options", "DENY");
  add_default("Cache-Control", "no-store");
}

Response answer(Api& api, Request& request) {
  Response response = answer_or_problem(api, request);
  for (Header& header : request.more_headers) response.headers.push_back(std::move(header));
  if (request.secure) response.add("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
  if (is_upload_path(request.path)) add_tus_version(response, request.head);
  add_common_headers(response, request.id);
  log::debug("request answered",
             {{"request_id", request.id}, {"method", request.head.method}, {"status", response.status}});
  return response;
}

}  // namespace voxlate::http
