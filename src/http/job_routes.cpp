#include <algorithm>
#include <charconv>
#include <random>

#include "base/ids.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/identify.h"
#include "http/job_document.h"
#include "http/job_request.h"
#include "http/json.h"
#include "http/new_job.h"
#include "http/owner_limits.h"
#include "http/routes.h"
#include "http/upload_space.h"

namespace voxlate::http {
namespace {

constexpr std::uint64_t kFormOverheadBytes = 64 * 1024;
constexpr std::size_t kMaxDocumentBytes = 256 * 1024;
constexpr int kEstimateFrom = 20;

Response job_response(Api& api, int status, const Job& job) {
  return json_response(status, job_json(job, context_of(api, job)));
}

// When a place in the queue may come free: the mean time of recent jobs over the workers, jittered so
// that refused clients do not come back together.
int seconds_to_next_place(Api& api) {
  constexpr double kUnknownSeconds = 30;
  double total = 0;
  int jobs = 0;
  for (const Job& job :
       api.services.store.list({.state = JobState::kCompleted, .search = {}, .after_id = {}, .limit = kEstimateFrom})
           .jobs) {
    if (!job.started_at || !job.finished_at) continue;
    total += std::chrono::duration<double>(*job.finished_at - *job.started_at).count();
    ++jobs;
  }
  const double mean = jobs > 0 ? total / jobs : kUnknownSeconds;
  const int workers = std::max(1, api.services.status().workers_total);
  std::minstd_rand random(std::random_device{}());
  const double jitter = std::uniform_real_distribution<double>(0.8, 1.2)(random);
  return static_cast<int>(std::clamp(mean / workers * jitter, 1.0, 300.0));
}

}  // namespace

std::optional<Problem> refuse_new_job(Api& api, const Request& request) {
  const Options& options = api.options;
  // A repetition counts for no limit: whether it is one is known only with the body.
  if (!request.head.has("idempotency-key")) {
    const OwnerLimits limits = limits_of(api, request);
    const std::uint64_t announced = request.head.content_length.value_or(0);
    const auto exceeded = exceeded_early(api, request, limits, announced - std::min(announced, kFormOverheadBytes));
    if (exceeded != OwnerLimit::kNone) return quota_problem(api, exceeded, limits, seconds_to_next_place(api));
  }
  if (api.draining.stop_requested()) {
    return Problem{.code = "shutting_down", .detail = "The server is shutting down.", .retry_after_s = 10};
  }
  if (api.services.refuses_jobs()) return memory_short();
  if (request.head.content_length.value_or(0) > options.max_upload_bytes + kFormOverheadBytes) {
    return Problem{.code = "too_large",
                   .detail = "A file may have at most " + std::to_string(options.max_upload_bytes) + " bytes."};
  }
  const auto counts = api.services.store.count_by_state();
  const auto queued = counts.find(JobState::kQueued);
  if (queued != counts.end() && queued->second >= options.max_queued_jobs) {
    return Problem{.code = "queue_full",
                   .detail = "The queue holds " + std::to_string(queued->second) + " jobs, which is its limit.",
                   .retry_after_s = seconds_to_next_place(api)};
  }
  return std::nullopt;
}

namespace {

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

}  // namespace

std::optional<Problem> refuse_priority(const Request& request, const JobSpec& spec) {
  if (spec.priority != Priority::kUrgent || request.caller.may(Access::kAdmin)) return std::nullopt;
  return Problem{.code = "not_allowed", .detail = "Only administrators make urgent jobs."};
}

std::variant<EnqueueResult, Problem> add_job(Api& api, const Request& request, std::optional<UploadFile> file,
                                             NewJob job) {
  if (!file) return add_job(api, request, PutSource(), std::move(job));
  const PutSource move_file = [&](const Workspace& workspace) { file->move_to(workspace.source()); };
  return add_job(api, request, move_file, std::move(job));
}

// The source is durable under the name of the job before the job exists.
std::variant<EnqueueResult, Problem> add_job(Api& api, const Request& request, const PutSource& put_source,
                                             NewJob job) {
  // The upload may have taken long.
  if (!still_signed_in(api, request)()) {
    return Problem{.code = "session_expired", .detail = "The session or key has ended; sign in again."};
  }
  job.id = random_id();
  job.owner = request.caller.user_id;
  job.limits = limits_of(api, request);
  NewWorkspace workspace(api.services.data.workspace(job.id));
  if (put_source) {
    (*workspace).create();
    put_source(*workspace);
  }
  EnqueueResult result = api.services.store.enqueue(job, api.services.clock.now());
  if (result.replayed) return result;
  if (result.refused != OwnerLimit::kNone) {
    return quota_problem(api, result.refused, job.limits, seconds_to_next_place(api));
  }
  workspace.keep();
  api.services.feed.publish(ChangeKind::kJob, job.id, job.owner);
  api.services.wake_workers();
  log::info("job queued", {{"job_id", job.id}, {"size_bytes", job.media.size_bytes}, {"upload_id", job.upload_id}});
  return result;
}

namespace {

Response receive_document(Api& api, Request& request) {
  auto text = read_text_body(request.body, kMaxDocumentBytes);
  if (const auto* problem = std::get_if<Problem>(&text)) return problem_response(*problem, request);
  auto parsed = parse_job_document(std::get<std::string>(text));
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  const auto& document = std::get<JobDocument>(parsed);
  if (document.url && document.upload) {
    return problem_response({.code = "invalid_input",
                             .detail = "The job has two sources: expected one of \"url\" and \"upload\".",
                             .errors = {{.pointer = "/url", .detail = "There is an upload, too."}}},
                            request);
  }
  if (document.url) return import_job(api, request, document);
  if (document.upload) return use_upload(api, request, *document.upload, document.fields);
  return problem_response({.code = "invalid_input",
                           .detail = "The job has no media: expected the member \"url\" or \"upload\".",
                           .errors = {{.pointer = "/url", .detail = "The address is missing."},
                                      {.pointer = "/upload", .detail = "The id of an upload is missing."}}},
                          request);
}

Response receive_file(Api& api, Request& request, UploadForm form) {
  auto parsed = parse_job_request(form.fields, form.file_name);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);

  NewJob job;
  job.spec = std::get<JobSpec>(std::move(parsed));
  if (const auto problem = refuse_priority(request, job.spec)) return problem_response(*problem, request);
  if (const auto problem = check_webhook(api, job.spec)) return problem_response(*problem, request);
  job.idempotency_key = request.idempotency_key;
  job.fingerprint = sha256_hex(canonical_form(job.spec) + form.file->sha256());
  api.services.complete_spec(job.spec);
  request.phase = RequestPhase::kProbing;
  job.media = api.services.probe(form.file->path(), job.spec);
  request.phase = RequestPhase::kOther;
  job.media.size_bytes = form.file->size_bytes();
  const auto added = add_job(api, request, std::move(form.file), std::move(job));
  if (const auto* problem = std::get_if<Problem>(&added)) return problem_response(*problem, request);
  const auto& result = std::get<EnqueueResult>(added);
  return job_accepted(api, result.job, result.replayed);
}

Response receive_job(Api& api, Request& request) {
  const std::string_view content_type = request.head.value("content-type");
  if (is_json(content_type)) return receive_document(api, request);
  const UploadSpace space(api, request);
  if (!space.is_promised()) return problem_response(no_space(), request);
  StageTimer timer(api.services.performance.timings(), "receive");
  auto received = receive_form(content_type, request.body, api.services.data.uploads(), api.services.durability,
                               {.max_file_bytes = api.options.max_upload_bytes, .may_name_upload = true});
  if (const auto* problem = std::get_if<Problem>(&received)) return problem_response(*problem, request);
  timer.finish();
  UploadForm form = std::get<UploadForm>(std::move(received));
  if (form.file) return receive_file(api, request, std::move(form));
  const std::string id = take_upload_id(form.fields).value_or("");
  return use_upload(api, request, id, form.fields);
}

std::optional<JobState> parse_state(std::string_view text) {
  for (const JobState state :
       {JobState::kQueued, JobState::kProcessing, JobState::kCompleted, JobState::kFailed, JobState::kCancelled}) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

std::variant<JobFilter, Problem> parse_filter(const Request& request, const Options& options) {
  constexpr std::size_t kMaxSearchBytes = 200;
  JobFilter filter;
  filter.owner = request.caller.owner_filter();
  filter.limit = std::min(filter.limit, options.max_jobs_per_page);
  std::vector<ProblemItem> errors;
  for (const auto& [name, value] : request.query) {
    if (value.empty()) continue;
    if (name == "state") {
      filter.state = parse_state(value);
      if (!filter.state) errors.push_back({"/state", "Expected queued, processing, completed, failed or cancelled."});
    } else if (name == "q") {
      filter.search = truncate_utf8(repair_utf8(value), kMaxSearchBytes);
    } else if (name == "after") {
      filter.after_id = value;
      if (!is_id(value)) errors.push_back({"/after", "Expected the id of a job."});
    } else if (name == "limit") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), filter.limit);
      if (error != std::errc() || end != value.data() + value.size() || filter.limit < 1 ||
          filter.limit > options.max_jobs_per_page) {
        errors.push_back({"/limit", "Expected a number from 1 to " + std::to_string(options.max_jobs_per_page) + "."});
      }
    }
  }
  if (errors.empty()) return filter;
  Problem problem{.code = "invalid_input", .detail = errors.front().detail};
  problem.errors = std::move(errors);
  return problem;
}

std::string page_link(const Request& request, const JobFilter& filter, const std::string& last_id) {
  std::string link = "/api/jobs?limit=" + std::to_string(filter.limit);
  for (const char* name : {"state", "q"}) {
    const auto found = request.query.find(name);
    if (found != request.query.end() && !found->second.empty()) {
      link += "&" + std::string(name) + "=" + encode_percent(found->second);
    }
  }
  return link + "&after=" + last_id;
}

}  // namespace

std::optional<Job> find_job(const Api& api, const Request& request) {
  auto job = api.services.store.get(request.captures.at("id"));
  if (job && !request.caller.sees(job->owner)) {
    log::info("authz.deny",
              {{"rid", request.id}, {"uid", request.caller.user_id}, {"ip", request.peer}, {"obj", job->id}});
    job.reset();
  }
  return job;
}

Response no_such_job(const Request& request) {
  return problem_response({.code = "not_found", .detail = "There is no such job."}, request);
}

JobContext context_of(const Api& api, const Job& job) {
  JobContext context{.now = api.services.clock.now()};
  if (job.state != JobState::kQueued) return context;
  const std::vector<std::string> awaited = api.services.models.awaited();
  context.awaits_model = std::find(awaited.begin(), awaited.end(), job.spec.model) != awaited.end();
  context.jobs_ahead = api.services.store.jobs_ahead(job.id);
  context.wait = api.services.resource_wait();
  if (!job.awaited_url.empty()) context.import = api.services.import_progress(job.id);
  return context;
}

Response job_accepted(const Api& api, const Job& job, bool replayed) {
  const std::string secret = job.spec.webhook_url.empty() ? "" : webhook_secret(api.services.webhooks.job_key(job.id));
  Response response = json_response(202, job_accepted_json(job.id, secret));
  response.add("Location", "/api/jobs/" + job.id);
  if (replayed) response.add("Idempotent-Replayed", "true");
  return response;
}

Response create_job(Api& api, Request& request) {
  if (const auto problem = refuse_new_job(api, request)) return problem_response(*problem, request);
  const UploadPlace place(api, request);
  if (const auto problem = place.refused()) return problem_response(*problem, request);
  return receive_job(api, request);
}

Response list_jobs(Api& api, Request& request) {
  const auto parsed = parse_filter(request, api.options);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  const JobFilter& filter = std::get<JobFilter>(parsed);
  const JobPage page = api.services.store.list(filter);
  std::vector<std::string> jobs;
  for (const Job& job : page.jobs) jobs.push_back(job_json(job, context_of(api, job)));
  const std::optional<std::string> next = page.has_more && !page.jobs.empty()
                                              ? std::optional(page_link(request, filter, page.jobs.back().id))
                                              : std::nullopt;
  return json_response(200, job_page_json(jobs, next));
}

Response show_job(Api& api, Request& request) {
  const auto job = find_job(api, request);
  return job ? job_response(api, 200, *job) : no_such_job(request);
}

Response delete_job(Api& api, Request& request) {
  const auto job = find_job(api, request);
  if (!job || !api.services.store.remove(job->id)) return no_such_job(request);
  api.services.feed.publish(ChangeKind::kDeleted, job->id, job->owner);
  api.services.data.workspace(job->id).remove();
  api.services.wake_workers();  // so that its source is not fetched any longer
  Response response;
  response.status = 204;
  return response;
}

Response cancel_job(Api& api, Request& request) {
  const auto found = find_job(api, request);
  if (!found) return no_such_job(request);
  const Job job = api.services.store.request_cancel(found->id, api.services.clock.now());
  api.services.feed.publish(ChangeKind::kJob, job.id, job.owner);
  api.services.wake_workers();  // so that a running one hears of it at once
  return job_response(api, 200, job);
}

Response retry_job(Api& api, Request& request) {
  const auto found = find_job(api, request);
  if (!found) return no_such_job(request);
  const Job job = api.services.store.retry(found->id, api.services.clock.now());
  api.services.feed.publish(ChangeKind::kJob, job.id, job.owner);
  api.services.wake_workers();
  Response response = job_response(api, 202, job);
  response.add("Location", "/api/jobs/" + job.id);
  return response;
}

Response show_transcript(Api& api, Request& request) {
  const auto job = find_job(api, request);
  if (!job) return no_such_job(request);
  const bool complete = job->state == JobState::kCompleted;
  return json_response(200, transcript_json(api.services.transcript(*job), complete));
}

}  // namespace voxlate::http
