#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/problem.h"
#include "voxlate/job.h"

namespace voxlate::http {

/// Name and value of one form field that is not a file, in the order they came.
using FormFields = std::vector<std::pair<std::string, std::string>>;

/// The upload that the fields name instead of a file, taken out of them.
std::optional<std::string> take_upload_id(FormFields& fields);

/// Reads the options of `POST /api/jobs`. Everything wrong is listed at once, with the name of the field;
/// what depends on the installation (engines, pairs of languages) is not judged here.
std::variant<JobSpec, Problem> parse_job_request(const FormFields& fields, std::string_view source_name);

/// A text that is the same for the same request: what an idempotency key is compared by.
std::string canonical_form(const JobSpec& spec);

/// The key out of an Idempotency-Key header, quoted or bare: 16 to 64 of A-Z a-z 0-9 _ -.
std::optional<std::string> parse_idempotency_key(std::string_view header);

}  // namespace voxlate::http
