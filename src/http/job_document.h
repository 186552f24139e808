#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/job_request.h"
#include "http/message.h"

namespace voxlate::http {

/// A job asked for in JSON instead of in a form: its media is named, not sent.
struct JobDocument {
  std::optional<std::string> url;       ///< where it is to be fetched
  std::optional<std::string> upload{};  ///< the id of the resumable upload that it is
  FormFields fields;                    ///< the options, as a form would have them
};

/// Whether the body is said to be JSON.
bool is_json(std::string_view content_type);

/// The body as text. A problem above `max_bytes`, and when it broke off.
std::variant<std::string, Problem> read_text_body(BodyReader& body, std::size_t max_bytes);

/// Reads `{"url": "https://…", "language": "en", "targets": ["es"], "vad": false, …}`: texts, numbers, truth values,
/// and lists of texts. What the options mean is judged by `parse_job_request`.
std::variant<JobDocument, Problem> parse_job_document(std::string_view text);

}  // namespace voxlate::http
