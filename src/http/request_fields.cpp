#include "http/request_fields.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "http/multipart.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kMaxFields = 64;

Problem malformed(std::string detail) { return {.code = "malformed_request", .detail = std::move(detail)}; }

// A single value as text; nothing for lists, objects and null.
std::optional<std::string> text_of_value(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean() || value.is_number()) return value.dump();
  return std::nullopt;
}

std::variant<FormFields, Problem> fields_of_json(const std::string& body) {
  const Json document = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return malformed("Expected a JSON object.");
  FormFields fields;
  for (const auto& [name, value] : document.items()) {
    if (value.is_null()) continue;
    if (const auto text = text_of_value(value)) {
      fields.emplace_back(name, *text);
      continue;
    }
    if (!value.is_array()) return malformed("The field \"" + name + "\" must be a text or a list of texts.");
    for (const Json& item : value) {
      const auto text = text_of_value(item);
      if (!text) return malformed("The list \"" + name + "\" must hold texts.");
      fields.emplace_back(name + "[]", *text);
    }
    if (value.empty()) fields.emplace_back(name + "[]", "");
  }
  return fields;
}

std::variant<FormFields, Problem> fields_of_multipart(const std::string& body, const std::string& boundary) {
  FormFields fields;
  bool too_many = false;
  MultipartParser parser(boundary, {.part_begins =
                                        [&](const PartHead& head) {
                                          too_many = fields.size() == kMaxFields;
                                          if (!too_many) fields.emplace_back(head.name, "");
                                          return !too_many;
                                        },
                                    .part_data =
                                        [&](std::string_view bytes) {
                                          fields.back().second += bytes;
                                          return true;
                                        },
                                    .part_ends = [] { return true; }});
  if (parser.feed(body) == MultipartParser::Result::kMalformed) return malformed(parser.error());
  if (too_many) return malformed("A form may have at most " + std::to_string(kMaxFields) + " fields.");
  if (!parser.complete()) return malformed("The form ends before its last boundary.");
  return fields;
}

}  // namespace

std::variant<std::string, Problem> receive_text(Request& request, std::size_t max_bytes) {
  std::string body;
  std::vector<char> buffer(kReadBytes);
  while (const std::size_t size = request.body.read(buffer)) {
    if (body.size() + size > max_bytes)
      return Problem{.code = "too_large", .detail = "A body may have at most " + std::to_string(max_bytes) + " bytes."};
    body.append(buffer.data(), size);
  }
  if (request.body.failure()) return *request.body.failure();
  return body;
}

std::variant<FormFields, Problem> receive_fields(Request& request, std::size_t max_bytes) {
  auto received = receive_text(request, max_bytes);
  if (auto* problem = std::get_if<Problem>(&received)) return std::move(*problem);
  const std::string& body = std::get<std::string>(received);
  const std::string_view type = request.head.value("content-type");
  if (const auto boundary = multipart_boundary(type)) return fields_of_multipart(body, *boundary);
  if (type.starts_with("application/x-www-form-urlencoded") && !body.starts_with('{')) {
    FormFields fields;
    for (auto& [name, value] : parse_query(body)) fields.emplace_back(name, value);
    return fields;
  }
  if (!is_utf8(body)) return malformed("Expected UTF-8.");
  return fields_of_json(body);
}

}  // namespace voxlate::http
