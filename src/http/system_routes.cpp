#include "http/embedded_files.h"
#include "http/json.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

Response probe_ok() { return json_response(200, R"({"status":"ok"})"); }

std::optional<Problem> reason_not_ready(Api& api) {
  if (api.draining.stop_requested()) return Problem{.code = "shutting_down", .detail = "The server is shutting down."};
  if (api.services.durability.failed()) {
    return Problem{.code = "unavailable", .detail = "The disk failed; the server has to be started anew."};
  }
  if (api.services.data.space().free_bytes < api.options.min_free_disk_bytes) {
    return Problem{.code = "storage_full", .detail = "The disk is nearly full.", .retry_after_s = 60};
  }
  if (api.services.refuses_jobs()) return memory_short();
  const auto counts = api.services.store.count_by_state();
  const auto queued = counts.find(JobState::kQueued);
  if (queued != counts.end() && queued->second >= api.options.max_queued_jobs) {
    return Problem{.code = "queue_full", .detail = "The queue is full.", .retry_after_s = 30};
  }
  return std::nullopt;
}

}  // namespace

Response show_capabilities(Api& api, Request&) {
  return json_response(200, capabilities_json(api.services.capabilities(), api.options));
}

Response show_status(Api& api, Request&) {
  return json_response(200, status_json(api.services.status(), api.services.store.count_by_state()));
}

Response list_caches(Api& api, Request&) { return json_response(200, cache_list_json(api.services.caches())); }

Response clear_cache(Api& api, Request& request) {
  return json_response(200, cache_cleared_json(api.services.clear_cache(request.captures.at("name"))));
}

Response send_openapi(Api&, Request&) {
  Response response;
  response.content_type = "application/yaml";
  response.body = openapi_document();
  return response;
}

Response livez(Api&, Request&) { return probe_ok(); }

// Not ready is one status for every reason: the disk too is a reason to send work elsewhere.
Response readyz(Api& api, Request& request) {
  const auto problem = reason_not_ready(api);
  if (!problem) return probe_ok();
  Response response = problem_response(
      {.code = "unavailable", .detail = problem->detail, .retry_after_s = problem->retry_after_s.value_or(10)},
      request);
  return response;
}

}  // namespace voxlate::http
