#include "http/job_document.h"

#include <array>
#include <nlohmann/json.hpp>

namespace voxlate::http {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMaxFieldBytes = 64 * 1024;
constexpr int kMaxDepth = 4;

Problem malformed(std::string detail) { return {.code = "malformed_request", .detail = std::move(detail)}; }

/// The text that a form would have; nothing for what no form has.
std::optional<std::string> field_text(const json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  if (!value.is_array()) return std::nullopt;
  std::string list;
  for (const json& item : value) {
    if (!item.is_string()) return std::nullopt;
    list += (list.empty() ? "" : ",") + item.get<std::string>();
  }
  return list;
}

/// Refuses nesting before anything is built of it.
json parse_shallow(std::string_view text) {
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth) throw Error(ErrorCode::kInvalidInput, "");
    return true;
  };
  try {
    return json::parse(text, shallow, /*allow_exceptions=*/false);
  } catch (const Error&) {
    return json(json::value_t::discarded);
  }
}

}  // namespace

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return type == "application/json";
}

std::variant<std::string, Problem> read_text_body(BodyReader& body, std::size_t max_bytes) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = body.read(buffer)) {
    if (size > max_bytes - text.size()) {
      return Problem{.code = "too_large",
                     .detail = "A document may have at most " + std::to_string(max_bytes) + " bytes."};
    }
    text.append(buffer.data(), size);
  }
  if (body.failure()) return *body.failure();
  return text;
}

std::variant<JobDocument, Problem> parse_job_document(std::string_view text) {
  const json document = parse_shallow(text);
  if (!document.is_object()) return malformed("Expected a JSON object.");
  if (document.size() > kMaxFields) {
    return malformed("A job may have at most " + std::to_string(kMaxFields) + " members.");
  }
  JobDocument job;
  for (const auto& [name, value] : document.items()) {
    const auto field = field_text(value);
    if (!field || field->size() > kMaxFieldBytes) {
      return Problem{
          .code = "invalid_input",
          .detail = "A member is of a kind that no option has.",
          .errors = {{.pointer = "/" + name, .detail = "Expected a text, a number, true or false, or texts."}}};
    }
    if (name == "url")
      job.url = *field;
    else if (name == "upload")
      job.upload = *field;
    else
      job.fields.emplace_back(name, *field);
  }
  return job;
}

}  // namespace voxlate::http
