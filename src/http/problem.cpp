#include "http/problem.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace voxlate::http {
namespace {

struct Kind {
  std::string_view code;
  int status;
  std::string_view title;
};

// Kinds of problems are part of the API: entries are added, never changed.
constexpr std::array kKinds = {
    Kind{"invalid_input", 422, "The request cannot be carried out"},
    Kind{"not_found", 404, "Not found"},
    Kind{"conflict", 409, "The state of the job does not allow this"},
    Kind{"too_large", 413, "Too large"},
    Kind{"unsupported", 422, "Not possible here"},
    Kind{"unsupported_media", 415, "This media cannot be read"},
    Kind{"corrupt", 422, "The data is damaged"},
    Kind{"cancelled", 503, "Stopped"},
    Kind{"unavailable", 503, "Not available now"},
    Kind{"out_of_memory", 503, "Not enough memory"},
    Kind{"storage_full", 507, "The disk is full"},
    Kind{"timeout", 503, "It took too long"},
    Kind{"internal", 500, "The server failed"},
    Kind{"malformed_request", 400, "The request is malformed"},
    Kind{"invalid_idempotency_key", 400, "The Idempotency-Key is malformed"},
    Kind{"idempotency_in_flight", 409, "The same request is under way"},
    Kind{"cross_site_request", 403, "Not allowed from another site"},
    Kind{"method_not_allowed", 405, "Method not allowed"},
    Kind{"not_implemented", 501, "Not implemented"},
    Kind{"request_timeout", 408, "The request came too slowly"},
    Kind{"unsupported_content", 415, "Unsupported content"},
    Kind{"range_not_satisfiable", 416, "Range not satisfiable"},
    Kind{"expectation_failed", 417, "Expectation failed"},
    Kind{"misdirected_request", 421, "Misdirected request"},
    Kind{"uri_too_long", 414, "Address too long"},
    Kind{"head_too_large", 431, "Request head too large"},
    Kind{"version_not_supported", 505, "HTTP version not supported"},
    Kind{"queue_full", 503, "The queue is full"},
    Kind{"too_many_streams", 503, "Too many event streams"},
    Kind{"too_many_connections", 503, "Too many connections"},
    Kind{"shutting_down", 503, "The server is shutting down"},
    Kind{"unknown_field", 422, "Unknown field"},
    Kind{"url_not_allowed", 422, "This address is not allowed"},
    Kind{"model_conflict", 409, "The state of the model does not allow this"},
    Kind{"not_signed_in", 401, "Not signed in"},
    Kind{"not_allowed", 403, "Not allowed"},
    Kind{"session_expired", 401, "The session or key is not valid any more"},
    Kind{"invalid_credentials", 401, "The name or the password is wrong"},
    Kind{"registration_closed", 403, "Registration is closed"},
    Kind{"account_conflict", 409, "The state of the account does not allow this"},
    Kind{"accounts_off", 409, "This server has no accounts"},
    Kind{"rate_limited", 429, "Too many requests"},
    Kind{"quota_exceeded", 429, "The quota is used up"},
    Kind{"model_not_found", 404, "There is no such model"},
    Kind{"job_cancelled", 410, "The work was cancelled"},
    Kind{"voices_not_available", 422, "There are no voices"},
    Kind{"too_many_waiting", 503, "Too many requests wait"},
    Kind{"mismatching_upload_offset", 409, "The upload is at another offset"},
    Kind{"upload_conflict", 409, "The state of the upload does not allow this"},
    Kind{"upload_expired", 410, "The upload has expired"},
    Kind{"unsupported_tus_version", 412, "Another version of the tus protocol is spoken here"},
    Kind{"upload_taken_over", 423, "A newer request works on the upload"},
    Kind{"too_many_uploads", 429, "Too many uploads"},
    Kind{"checksum_mismatch", 460, "The checksum does not match"},
    Kind{"idempotency_key_reused", 422, "The Idempotency-Key belongs to another request"},
    Kind{"idempotency_cut_off", 409, "The first request with this key was cut off"},
    Kind{"idempotency_sealed", 409, "The answer was shown and cannot be shown to you"},
    Kind{"client_not_built", 404, "The browser client is not part of this build"},
};

const Kind& kind_of(std::string_view code) {
  const auto* found = std::ranges::find(kKinds, code, &Kind::code);
  return found != kKinds.end() ? *found : *std::ranges::find(kKinds, std::string_view("internal"), &Kind::code);
}

}  // namespace

int Problem::status() const { return kind_of(code).status; }

std::string_view Problem::title() const { return kind_of(code).title; }

std::string Problem::json(std::string_view request_id) const {
  std::string name(kind_of(code).code);
  std::ranges::replace(name, '_', '-');
  nlohmann::ordered_json document = {
      {"type", "urn:voxlate:problem:" + name},
      {"title", title()},
      {"status", status()},
      {"detail", detail},
      {"instance", "/requests/" + std::string(request_id)},
      {"code", kind_of(code).code},
      {"request_id", request_id},
  };
  if (retry_after_s) document["retry_after"] = *retry_after_s;
  for (const ProblemItem& item : errors) {
    document["errors"].push_back({{"pointer", item.pointer}, {"detail", item.detail}});
  }
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Problem memory_short() {
  return {.code = "out_of_memory",
          .detail = "The memory of the server is nearly used up: no job is accepted until it has fallen.",
          .retry_after_s = 15};
}

Problem problem_of(const Error& error, RequestPhase phase) {
  Problem problem{.code = std::string(to_string(error.code())), .detail = error.what()};
  switch (error.code()) {
    case ErrorCode::kInternal:
      problem.detail = "The server failed on this request. Its log has the reason under the request id.";
      break;
    case ErrorCode::kUnsupported:
      if (phase == RequestPhase::kProbing) problem.code = "unsupported_media";
      break;
    case ErrorCode::kTimeout:
      if (phase == RequestPhase::kProbing)
        problem.code = "unsupported_media";
      else
        problem.retry_after_s = 5;
      break;
    case ErrorCode::kConflict:
      if (phase == RequestPhase::kChangingModel) problem.code = "model_conflict";
      if (phase == RequestPhase::kChangingAccount) problem.code = "account_conflict";
      break;
    case ErrorCode::kStorageFull: problem.retry_after_s = 60; break;
    case ErrorCode::kCancelled:
    case ErrorCode::kUnavailable:
    case ErrorCode::kOutOfMemory: problem.retry_after_s = 5; break;
    default: break;
  }
  return problem;
}

}  // namespace voxlate::http
