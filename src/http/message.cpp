#include "http/message.h"

#include <algorithm>

#include "http/error_shapes.h"

namespace voxlate::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return decode_percent(spaced).value_or(spaced);
}

}  // namespace

Response json_response(int status, std::string document) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(document);
  return response;
}

Response problem_response(const Problem& problem, const Request& request) {
  Response response;
  response.status = status_of(problem, request.error_shape);
  const bool is_own = request.error_shape == ErrorShape::kProblem;
  response.content_type = is_own ? "application/problem+json" : "application/json";
  response.body = is_own ? problem.json(request.id) : error_json(problem, request.error_shape);
  if (problem.retry_after_s) response.add("Retry-After", std::to_string(*problem.retry_after_s));
  if (!problem.allow.empty()) response.add("Allow", problem.allow);
  if (response.status == 401) response.add("WWW-Authenticate", "Bearer");
  return response;
}

std::optional<std::string> decode_percent(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      result += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
    i += 2;
  }
  return result;
}

std::string encode_percent(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_unreserved(c)) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> values;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const auto equals = pair.find('=');
    if (!pair.empty()) {
      values[decode_form(pair.substr(0, equals))] =
          equals == std::string_view::npos ? std::string() : decode_form(pair.substr(equals + 1));
    }
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  return values;
}

}  // namespace voxlate::http
