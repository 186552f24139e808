#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "http/job_request.h"
#include "http/message.h"

namespace voxlate::http {

inline constexpr std::size_t kMaxFieldsBytes = 1 << 20;

/// The whole body, of at most `max_bytes`.
std::variant<std::string, Problem> receive_text(Request& request, std::size_t max_bytes);

/// The fields of a body in whichever form a client sends them: a JSON object of texts, numbers, truth values and lists
/// of texts; application/x-www-form-urlencoded; multipart/form-data without files. A list "q" becomes fields "q[]"; one
/// without items a field "[]" of that name. Null is like absent.
std::variant<FormFields, Problem> receive_fields(Request& request, std::size_t max_bytes = kMaxFieldsBytes);

}  // namespace voxlate::http
