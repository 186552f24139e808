#include "http/job_reception.h"

#include <unistd.h>

#include <filesystem>

#include "base/ids.h"
#include "base/log.h"
#include "http/job_request.h"
#include "http/json.h"
#include "http/tus_headers.h"
#include "http/upload_space.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxJsonBytes = 256 * 1024;

/// The folder of a job that is not in the store yet; removed unless kept.
class NewWorkspace {
 public:
  explicit NewWorkspace(Workspace workspace) : workspace_(std::move(workspace)) {}
  ~NewWorkspace() {
    if (kept_) return;
    try {
      workspace_.remove();
    } catch (const std::exception& error) {
      log::warning("folder of a refused job not removed", {{"why", error.what()}});
    }
  }
  NewWorkspace(const NewWorkspace&) = delete;
  NewWorkspace& operator=(const NewWorkspace&) = delete;

  const Workspace& operator*() const { return workspace_; }
  void keep() { kept_ = true; }

 private:
  const Workspace workspace_;
  bool kept_ = false;
};

Response accepted(const std::string& id, bool replayed) {
  Response response = json_response(202, job_accepted_json(id));
  response.add("Location", "/api/jobs/" + id);
  if (replayed) response.add("Idempotent-Replayed", "true");
  return response;
}

void finish_enqueue(Api& api, const NewJob& job, NewWorkspace& workspace) {
  workspace.keep();
  api.services.feed.publish(ChangeKind::kJob, job.id, job.owner);
  api.services.wake_workers();
  log::info("job queued", {{"job_id", job.id}, {"size_bytes", job.media.size_bytes}, {"upload_id", job.upload_id}});
}

// The upload is durable under the name of the job before the job exists; a failure in between leaves only
// what the next start sweeps.
Response enqueue(Api& api, UploadFile file, NewJob job) {
  job.id = random_id();
  NewWorkspace workspace(api.services.data.workspace(job.id));
  (*workspace).create();
  file.move_to((*workspace).source());
  const EnqueueResult result = api.services.store.enqueue(job, api.services.clock.now());
  if (result.replayed) return accepted(result.job.id, /*replayed=*/true);
  finish_enqueue(api, job, workspace);
  return accepted(job.id, /*replayed=*/false);
}

Response receive_file(Api& api, Request& request, const std::string& key, UploadForm form) {
  auto parsed = parse_job_request(form.fields, form.file_name);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  UploadFile& file = *form.file;
  NewJob job;
  job.owner = request.caller.user_id;
  job.spec = std::get<JobSpec>(std::move(parsed));
  job.idempotency_key = key;
  job.fingerprint = sha256_hex(canonical_form(job.spec) + file.sha256());
  api.services.complete_spec(job.spec);
  request.phase = RequestPhase::kProbing;
  job.media = api.services.probe(file.path(), job.spec);
  request.phase = RequestPhase::kOther;
  job.media.size_bytes = file.size_bytes();
  return enqueue(api, std::move(file), std::move(job));
}

/// Gives a job the file of an upload under a second name. The upload keeps its own until the job is in the store, so
/// that there is no moment at which acknowledged bytes belong to nobody.
void link_source(Api& api, const std::string& upload_id, const Workspace& workspace) {
  std::error_code error;
  std::filesystem::create_hard_link(api.services.data.upload(upload_id), workspace.source(), error);
  if (error) throw Error(ErrorCode::kInternal, "cannot link the upload: " + error.message());
  sync_folder(workspace.source().parent_path());
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
  job.id = random_id();
  job.media.size_bytes = upload.length_bytes.value_or(0);
  if (upload.complete()) {
    request.phase = RequestPhase::kProbing;
    job.media = api.services.probe(api.services.data.upload(upload.id), job.spec);
    request.phase = RequestPhase::kOther;
    job.media.size_bytes = upload.offset_bytes;
  } else {
    job.upload_id = upload.id;
  }
  NewWorkspace workspace(api.services.data.workspace(job.id));
  (*workspace).create();
  link_source(api, upload.id, *workspace);
  const EnqueueResult result = api.services.store.enqueue(job, api.services.clock.now());
  if (result.replayed) return accepted(result.job.id, /*replayed=*/true);
  finish_enqueue(api, job, workspace);
  if (upload.complete() && api.services.uploads.remove(upload.id)) {
    ::unlink(api.services.data.upload(upload.id).c_str());
  }
  api.services.upload_changed();
  return accepted(job.id, /*replayed=*/false);
}

Response use_upload(Api& api, Request& request, const std::string& key, const std::string& id, FormFields fields) {
  // The fingerprint must not need the upload, which is gone when the request is repeated.
  auto parsed = parse_job_request(fields, "");
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  NewJob job;
  job.owner = request.caller.user_id;
  job.spec = std::get<JobSpec>(std::move(parsed));
  job.idempotency_key = key;
  job.fingerprint = sha256_hex(canonical_form(job.spec) + "upload " + id);
  if (!key.empty()) {
    const auto earlier = api.services.store.find_by_key(job.owner, key, job.fingerprint, api.services.clock.now());
    if (earlier) return accepted(earlier->id, /*replayed=*/true);
  }
  const auto upload_for_caller = [&]() -> std::optional<Upload> {
    auto upload = is_id(id) ? api.services.uploads.get(id) : std::nullopt;
    return upload && request.caller.sees(upload->owner) ? upload : std::nullopt;
  };
  const Problem absent{.code = "not_found",
                       .detail = "There is no such upload.",
                       .errors = {{.pointer = "/upload", .detail = "There is no such upload."}}};
  auto upload = upload_for_caller();
  if (!upload) return problem_response(absent, request);
  // Of two requests on one complete upload one gets it. One that is still coming in is not disturbed.
  std::unique_ptr<UploadTurns::Turn> turn;
  if (upload->complete()) {
    turn = api.turns.take(id, /*body=*/nullptr);
    upload = upload_for_caller();
    if (!turn || !upload) return problem_response(absent, request);
  }
  if (const auto problem = check_usable(*upload)) return problem_response(*problem, request);
  const auto metadata = parse_upload_metadata(upload->metadata);
  if (const auto* known = std::get_if<UploadMetadata>(&metadata)) {
    parsed = parse_job_request(fields, metadata_value(*known, "filename"));
    job.spec = std::get<JobSpec>(std::move(parsed));
  }
  api.services.complete_spec(job.spec);
  return enqueue_upload(api, request, *upload, std::move(job));
}

Response receive_json(Api& api, Request& request, const std::string& key) {
  std::string document;
  std::string buffer(16 * 1024, '\0');
  while (const std::size_t size = request.body.read(buffer)) {
    document.append(buffer, 0, size);
    if (document.size() > kMaxJsonBytes) {
      return problem_response(
          {.code = "too_large", .detail = "The document may have at most " + std::to_string(kMaxJsonBytes) + " bytes."},
          request);
    }
  }
  if (request.body.failure()) return problem_response(*request.body.failure(), request);
  auto parsed = parse_json_fields(document);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  auto& fields = std::get<FormFields>(parsed);
  const auto id = take_upload_id(fields);
  if (!id) {
    return problem_response({.code = "invalid_input",
                             .detail = "The document names no upload.",
                             .errors = {{.pointer = "/upload", .detail = "The id of an upload is missing."}}},
                            request);
  }
  return use_upload(api, request, key, *id, std::move(fields));
}

bool is_json(std::string_view content_type) {
  return content_type == "application/json" || content_type.starts_with("application/json;");
}

}  // namespace

Response receive_job(Api& api, Request& request, const std::string& key) {
  const std::string_view content_type = request.head.value("content-type");
  if (is_json(content_type)) return receive_json(api, request, key);
  const Options& options = api.options;
  // A body of unknown length may be as large as allowed.
  const std::uint64_t expected = request.head.content_length.value_or(options.max_upload_bytes);
  const auto reservation = reserve_space(api, expected);
  if (!reservation) return problem_response(no_space(), request);
  auto received = receive_form(content_type, request.body, api.services.data.uploads(),
                               {.max_file_bytes = options.max_upload_bytes});
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  UploadForm form = std::get<UploadForm>(std::move(received));
  if (form.file) return receive_file(api, request, key, std::move(form));
  const std::string id = take_upload_id(form.fields).value_or("");
  return use_upload(api, request, key, id, std::move(form.fields));
}

}  // namespace voxlate::http
