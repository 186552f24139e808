#include "http/json_body.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;
constexpr std::size_t kShownNameBytes = 64;

bool is_json_type(std::string_view type) {
  const std::string_view name = type.substr(0, type.find(';'));
  return name == "application/json";
}

std::variant<std::string, Problem> read_text(Request& request) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = request.body.read(buffer)) {
    text.append(buffer.data(), got);
    if (text.size() > kMaxJsonBodyBytes) {
      return Problem{.code = "too_large",
                     .detail = "The document may have at most " + std::to_string(kMaxJsonBodyBytes) + " bytes."};
    }
  }
  if (request.body.failure()) return *request.body.failure();
  return text;
}

}  // namespace

JsonBody::JsonBody(json document) : document_(std::make_unique<json>(std::move(document))) {}
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody::~JsonBody() = default;

std::variant<JsonBody, Problem> JsonBody::read(Request& request) {
  if (!is_json_type(request.head.value("content-type"))) {
    return Problem{.code = "unsupported_content", .detail = "The body must be application/json."};
  }
  auto text = read_text(request);
  if (const auto* problem = std::get_if<Problem>(&text)) return *problem;
  bool too_deep = false;
  json document = json::parse(
      std::get<std::string>(text),
      [&](int depth, json::parse_event_t, json&) {
        too_deep = too_deep || depth > kMaxDepth;
        return !too_deep;
      },
      /*allow_exceptions=*/false);
  if (too_deep || !document.is_object()) {
    return Problem{.code = "malformed_request", .detail = "The body must be one JSON object."};
  }
  return JsonBody(std::move(document));
}

const json* JsonBody::take(const std::string& name) {
  asked_.push_back(name);
  const auto found = document_->find(name);
  return found != document_->end() ? &*found : nullptr;
}

std::optional<std::string> JsonBody::text(const std::string& name) {
  const json* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fault(name, "Expected a text.");
  return std::nullopt;
}

std::string JsonBody::required_text(const std::string& name) {
  const bool there = document_->contains(name);
  if (!there) fault(name, "This member is required.");
  return text(name).value_or("");
}

std::optional<bool> JsonBody::flag(const std::string& name) {
  const json* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fault(name, "Expected true or false.");
  return std::nullopt;
}

std::optional<std::optional<std::int64_t>> JsonBody::number_or_null(const std::string& name, std::int64_t most) {
  const json* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<std::int64_t>();
  const bool fits = value->is_number_unsigned() && value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  if (fits) return std::optional(value->get<std::int64_t>());
  fault(name, "Expected a whole number from 0 to " + std::to_string(most) + ", or null.");
  return std::nullopt;
}

std::optional<JsonBody> JsonBody::object(const std::string& name) {
  const json* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return JsonBody(*value);
  fault(name, "Expected an object.");
  return std::nullopt;
}

void JsonBody::add_faults_of(const std::string& name, JsonBody&& inner) {
  const auto problem = inner.problem();
  if (!problem) return;
  for (const ProblemItem& item : problem->errors) fault(name + item.pointer, item.detail);
}

void JsonBody::fault(const std::string& name, std::string detail) {
  faults_.push_back({.pointer = "/" + name, .detail = std::move(detail)});
}

std::optional<Problem> JsonBody::problem() {
  const bool only_unknown = faults_.empty();
  for (const auto& item : document_->items()) {
    if (std::ranges::find(asked_, item.key()) != asked_.end()) continue;
    fault(std::string(truncate_utf8(repair_utf8(item.key()), kShownNameBytes)), "There is no such member.");
  }
  if (faults_.empty()) return std::nullopt;
  std::string detail;
  for (const ProblemItem& item : faults_) {
    detail += (detail.empty() ? "" : " ") + item.pointer.substr(1) + ": " + item.detail;
  }
  return Problem{
      .code = only_unknown ? "unknown_field" : "invalid_input", .detail = repair_utf8(detail), .errors = faults_};
}

}  // namespace voxlate::http
