#include <unistd.h>

#include <filesystem>

#include "base/hashing.h"
#include "base/ids.h"
#include "http/job_document.h"
#include "http/job_request.h"
#include "http/new_job.h"
#include "http/routes.h"
#include "http/tus_headers.h"

namespace voxlate::http {
namespace {

/// Gives a job the file of an upload under a second name. The upload keeps its own until the job is in the store, so
/// that there is no moment at which acknowledged bytes belong to nobody.
void link_source(Api& api, const std::string& upload_id, const Workspace& workspace) {
  std::error_code error;
  std::filesystem::create_hard_link(api.services.data.upload(upload_id), workspace.source(), error);
  if (error) throw Error(ErrorCode::kInternal, "cannot link the upload: " + error.message());
  api.services.durability.sync_folder(workspace.source().parent_path());
}

std::optional<Problem> check_usable(const Upload& upload) {
  if (upload.kind == Upload::Kind::kPart) {
    return Problem{.code = "upload_conflict", .detail = "This is a part of an upload; join the parts first."};
  }
  if (upload.length_bytes == 0U) {
    return Problem{.code = "invalid_input",
                   .detail = "The upload is empty.",
                   .errors = {{.pointer = "/upload", .detail = "The upload is empty."}}};
  }
  return std::nullopt;
}

Response enqueue_upload(Api& api, Request& request, const Upload& upload, NewJob job) {
  job.media.size_bytes = upload.length_bytes.value_or(0);
  if (upload.complete()) {
    request.phase = RequestPhase::kProbing;
    job.media = api.services.probe(api.services.data.upload(upload.id), job.spec);
    request.phase = RequestPhase::kOther;
    job.media.size_bytes = upload.offset_bytes;
  } else {
    job.upload_id = upload.id;
  }
  const PutSource link = [&](const Workspace& workspace) { link_source(api, upload.id, workspace); };
  const auto added = add_job(api, request, link, std::move(job));
  if (const auto* problem = std::get_if<Problem>(&added)) return problem_response(*problem, request);
  const auto& result = std::get<EnqueueResult>(added);
  if (!result.replayed) {
    if (upload.complete() && api.services.uploads.remove(upload.id)) {
      ::unlink(api.services.data.upload(upload.id).c_str());
    }
    api.services.upload_changed();
  }
  return job_accepted(api, result.job, result.replayed);
}

Problem no_upload() {
  return {.code = "not_found",
          .detail = "There is no such upload.",
          .errors = {{.pointer = "/upload", .detail = "There is no such upload."}}};
}

/// By the name that the client gave the upload, if it gave one.
std::string source_name_of(const Upload& upload) {
  const auto metadata = parse_upload_metadata(upload.metadata);
  const auto* known = std::get_if<UploadMetadata>(&metadata);
  const auto spec = parse_job_request(/*fields=*/{}, known == nullptr ? "" : metadata_value(*known, "filename"));
  return std::get<JobSpec>(spec).source_name;
}

/// What the fields ask for, of what the caller may ask.
std::variant<JobSpec, Problem> read_spec(Api& api, const Request& request, const FormFields& fields) {
  auto parsed = parse_job_request(fields, /*source_name=*/"");
  if (auto* spec = std::get_if<JobSpec>(&parsed)) {
    if (auto problem = refuse_priority(request, *spec)) return *std::move(problem);
    if (auto problem = check_webhook(api, *spec)) return *std::move(problem);
  }
  return parsed;
}

}  // namespace

Response use_upload(Api& api, Request& request, const std::string& id, const FormFields& fields) {
  auto parsed = read_spec(api, request, fields);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  NewJob job;
  job.spec = std::get<JobSpec>(std::move(parsed));
  job.idempotency_key = request.idempotency_key;
  // Without the upload, which is gone when the request is repeated.
  job.fingerprint = sha256_hex(canonical_form(job.spec) + "upload " + id);
  if (!job.idempotency_key.empty()) {
    const auto earlier = api.services.store.find_by_key(request.caller.user_id, job.idempotency_key, job.fingerprint,
                                                        api.services.clock.now());
    if (earlier) return job_accepted(api, *earlier, /*replayed=*/true);
  }
  auto upload = find_upload(api, request, id);
  if (!upload) return problem_response(no_upload(), request);
  // Of two requests on one complete upload one gets it. One that is still coming in is not disturbed.
  std::unique_ptr<UploadTurns::Turn> turn;
  if (upload->complete()) {
    turn = api.turns.take(id, request, /*body=*/nullptr);
    upload = find_upload(api, request, id);
    if (!turn || !upload) return problem_response(no_upload(), request);
  }
  if (const auto problem = check_usable(*upload)) return problem_response(*problem, request);
  job.spec.source_name = source_name_of(*upload);
  api.services.complete_spec(job.spec);
  return enqueue_upload(api, request, *upload, std::move(job));
}

}  // namespace voxlate::http
