#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "http/api.h"
#include "http/json.h"
#include "http/message.h"

namespace voxlate::http {

Response create_job(Api& api, Request& request);
Response list_jobs(Api& api, Request& request);
Response show_job(Api& api, Request& request);
Response delete_job(Api& api, Request& request);
Response cancel_job(Api& api, Request& request);
Response retry_job(Api& api, Request& request);
Response show_transcript(Api& api, Request& request);
Response send_file(Api& api, Request& request);
Response send_source(Api& api, Request& request);
Response job_events(Api& api, Request& request);
Response all_events(Api& api, Request& request);
Response show_capabilities(Api& api, Request& request);
Response show_status(Api& api, Request& request);
Response list_models(Api& api, Request& request);
Response show_model(Api& api, Request& request);
Response download_model(Api& api, Request& request);
Response unload_model(Api& api, Request& request);
Response delete_model(Api& api, Request& request);
Response tus_options(Api& api, Request& request);
Response create_upload(Api& api, Request& request);
Response show_upload(Api& api, Request& request);
Response patch_upload(Api& api, Request& request);
Response delete_upload(Api& api, Request& request);
Response send_openapi(Api& api, Request& request);
Response livez(Api& api, Request& request);
Response readyz(Api& api, Request& request);

/// Pages and files of the browser client: every other path answers to GET with one of them or with 404.
Response send_client(Api& api, Request& request);

JobContext context_of(const Api& api, const Job& job);

/// The job that the path names with {id}, when there is one and the caller may see it.
std::optional<Job> find_job(const Api& api, const Request& request);

/// The answer when there is none, or none for the caller: the same to the byte but for the request's id.
Response no_such_job(const Request& request);

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< `{name}` stands for one segment of the path
  Response (*handle)(Api& api, Request& request);
  Access access;  ///< what the caller must be allowed to do
  ErrorShape error_shape = ErrorShape::kProblem;
};

/// Every route of the API: what web/openapi.yaml describes, no more and no less.
inline constexpr std::array kRoutes = {
    Route{"POST", "/api/jobs", create_job, Access::kWrite},
    Route{"GET", "/api/jobs", list_jobs, Access::kRead},
    Route{"GET", "/api/jobs/{id}", show_job, Access::kRead},
    Route{"DELETE", "/api/jobs/{id}", delete_job, Access::kWrite},
    Route{"POST", "/api/jobs/{id}/cancel", cancel_job, Access::kWrite},
    Route{"POST", "/api/jobs/{id}/retry", retry_job, Access::kWrite},
    Route{"GET", "/api/jobs/{id}/transcript", show_transcript, Access::kRead},
    Route{"GET", "/api/jobs/{id}/files/{name}", send_file, Access::kRead},
    Route{"GET", "/api/jobs/{id}/source", send_source, Access::kRead},
    Route{"GET", "/api/jobs/{id}/events", job_events, Access::kRead},
    Route{"GET", "/api/events", all_events, Access::kRead},
    Route{"GET", "/api/capabilities", show_capabilities, Access::kRead},
    Route{"GET", "/api/system/status", show_status, Access::kRead},
    Route{"GET", "/api/models", list_models, Access::kRead},
    Route{"GET", "/api/models/{id}", show_model, Access::kRead},
    Route{"POST", "/api/models/{id}/download", download_model, Access::kAdmin},
    Route{"POST", "/api/models/{id}/unload", unload_model, Access::kAdmin},
    Route{"DELETE", "/api/models/{id}", delete_model, Access::kAdmin},
    Route{"OPTIONS", "/api/uploads", tus_options, Access::kOpen},
    Route{"POST", "/api/uploads", create_upload, Access::kWrite},
    Route{"OPTIONS", "/api/uploads/{id}", tus_options, Access::kOpen},
    Route{"HEAD", "/api/uploads/{id}", show_upload, Access::kWrite},
    Route{"PATCH", "/api/uploads/{id}", patch_upload, Access::kWrite},
    Route{"DELETE", "/api/uploads/{id}", delete_upload, Access::kWrite},
    Route{"GET", "/api/openapi.yaml", send_openapi, Access::kRead},
    Route{"GET", "/livez", livez, Access::kOpen},
    Route{"GET", "/readyz", readyz, Access::kOpen},
    Route{"GET", "/health", readyz, Access::kOpen},
};

/// Answers one request: finds its route, guards it, maps what is thrown, adds the headers of every answer
/// (reliability 3.7). Never throws.
Response answer(Api& api, Request& request);

/// The headers that every answer carries, also one that never reaches a route.
void add_common_headers(Response& response, std::string_view request_id);

/// The values of a pattern's `{name}` parts; nothing when the path is not of the pattern. Segments are
/// decoded one by one, so an encoded slash never makes a new segment.
std::optional<std::map<std::string, std::string>> match_pattern(std::string_view pattern, std::string_view path);

}  // namespace voxlate::http
