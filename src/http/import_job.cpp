#include "base/hashing.h"
#include "http/job_document.h"
#include "http/new_job.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

/// The last part of a URL's path, for as long as the server that has the file was not asked.
std::string name_in(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  return decode_percent(url.substr(url.rfind('/') + 1)).value_or("");
}

}  // namespace

Problem url_not_allowed(const std::string& member, const Error& error) {
  return {
      .code = "url_not_allowed", .detail = error.what(), .errors = {{.pointer = "/" + member, .detail = error.what()}}};
}

Response import_job(Api& api, Request& request, const JobDocument& asked) {
  if (!api.options.imports) {
    const Error off(ErrorCode::kInvalidInput, "This server fetches nothing from addresses: import.downloads is 0.");
    return problem_response(url_not_allowed("url", off), request);
  }
  NewJob job;
  try {
    job.source_url = api.services.check_import_url(asked.url.value_or(""));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidInput) throw;
    return problem_response(url_not_allowed("url", error), request);
  }
  auto parsed = parse_job_request(asked.fields, name_in(job.source_url));
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  job.spec = std::get<JobSpec>(std::move(parsed));
  if (const auto problem = check_webhook(api, job.spec)) return problem_response(*problem, request);
  if (const auto problem = refuse_priority(request, job.spec)) return problem_response(*problem, request);
  job.idempotency_key = request.idempotency_key;
  job.fingerprint = sha256_hex(canonical_form(job.spec) + job.source_url);
  api.services.complete_spec(job.spec);
  const auto added = add_job(api, request, PutSource(), std::move(job));
  if (const auto* problem = std::get_if<Problem>(&added)) return problem_response(*problem, request);
  const auto& result = std::get<EnqueueResult>(added);
  return job_accepted(api, result.job, result.replayed);
}

}  // namespace voxlate::http
