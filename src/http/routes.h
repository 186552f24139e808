#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "http/api.h"
#include "http/dialect_routes.h"
#include "http/idempotency.h"
#include "http/job_document.h"
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
Response system_events(Api& api, Request& request);
Response show_capabilities(Api& api, Request& request);
Response show_status(Api& api, Request& request);
Response list_caches(Api& api, Request& request);
Response clear_cache(Api& api, Request& request);
Response show_performance(Api& api, Request& request);
Response show_timings(Api& api, Request& request);
Response reset_timings(Api& api, Request& request);
Response show_history(Api& api, Request& request);
Response show_memory(Api& api, Request& request);
Response show_advice(Api& api, Request& request);
Response optimize(Api& api, Request& request);
Response send_metrics(Api& api, Request& request);
Response list_models(Api& api, Request& request);
Response show_model(Api& api, Request& request);
Response download_model(Api& api, Request& request);
Response unload_model(Api& api, Request& request);
Response delete_model(Api& api, Request& request);
Response register_user(Api& api, Request& request);
Response login(Api& api, Request& request);
Response logout(Api& api, Request& request);
Response show_me(Api& api, Request& request);
Response change_password(Api& api, Request& request);
Response list_users(Api& api, Request& request);
Response create_user(Api& api, Request& request);
Response show_user(Api& api, Request& request);
Response change_user(Api& api, Request& request);
Response delete_user(Api& api, Request& request);
Response list_keys(Api& api, Request& request);
Response create_key(Api& api, Request& request);
Response revoke_key(Api& api, Request& request);
Response list_sessions(Api& api, Request& request);
Response end_session(Api& api, Request& request);
Response show_audit(Api& api, Request& request);
Response list_webhooks(Api& api, Request& request);
Response add_webhook(Api& api, Request& request);
Response delete_webhook(Api& api, Request& request);
Response rotate_webhook(Api& api, Request& request);
Response enable_webhook(Api& api, Request& request);
Response list_deliveries(Api& api, Request& request);
Response replay_delivery(Api& api, Request& request);
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

/// `POST /api/jobs` with a JSON document that says where the media is.
Response import_job(Api& api, Request& request, const JobDocument& asked);

/// `POST /api/jobs` on a resumable upload, complete or not.
Response use_upload(Api& api, Request& request, const std::string& id, const FormFields& fields);

/// The upload, when there is one and the caller may see it.
std::optional<Upload> find_upload(const Api& api, const Request& request, const std::string& id);

/// The answer to whoever made a job, or asked for one that was made before.
Response job_accepted(const Api& api, const Job& job, bool replayed);

/// Refuses an address that the server does not go to; `member` of the request named it.
Problem url_not_allowed(const std::string& member, const Error& error);

/// Refuses a `webhook_url` that may not be called; else it stands as it is to be asked afterwards.
std::optional<Problem> check_webhook(const Api& api, JobSpec& spec);

/// How the key that signs messages is shown: "whsec_" and base64.
std::string webhook_secret(const std::string& key);

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
  Repeats repeats = Repeats::kRun;  ///< what becomes of an Idempotency-Key
};

/// Every route of the API: what web/openapi.yaml describes, no more and no less.
inline constexpr std::array kRoutes = {
    Route{"POST", "/api/jobs", create_job, Access::kWrite, ErrorShape::kProblem, Repeats::kWithTheJob},
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
    Route{"GET", "/api/caches", list_caches, Access::kRead},
    Route{"DELETE", "/api/caches/{name}", clear_cache, Access::kAdmin},
    Route{"GET", "/api/system/events", system_events, Access::kInspect},
    Route{"GET", "/api/performance", show_performance, Access::kInspect},
    Route{"GET", "/api/performance/timings", show_timings, Access::kInspect},
    Route{"DELETE", "/api/performance/timings", reset_timings, Access::kAdmin},
    Route{"GET", "/api/performance/history", show_history, Access::kInspect},
    Route{"GET", "/api/performance/memory", show_memory, Access::kInspect},
    Route{"GET", "/api/performance/optimization", show_advice, Access::kInspect},
    Route{"POST", "/api/performance/optimize", optimize, Access::kAdmin},
    Route{"GET", "/api/models", list_models, Access::kRead},
    Route{"GET", "/api/models/{id}", show_model, Access::kRead},
    Route{"POST", "/api/models/{id}/download", download_model, Access::kAdmin},
    Route{"POST", "/api/models/{id}/unload", unload_model, Access::kAdmin},
    Route{"DELETE", "/api/models/{id}", delete_model, Access::kAdmin},
    Route{"POST", "/api/auth/register", register_user, Access::kOpen},
    Route{"POST", "/api/auth/login", login, Access::kOpen},
    Route{"POST", "/api/auth/logout", logout, Access::kOpen},
    Route{"GET", "/api/auth/me", show_me, Access::kOpen},
    Route{"POST", "/api/auth/password", change_password, Access::kWrite},
    Route{"GET", "/api/users", list_users, Access::kAdmin},
    Route{"POST", "/api/users", create_user, Access::kAdmin, ErrorShape::kProblem, Repeats::kReplay},
    Route{"GET", "/api/users/{id}", show_user, Access::kAdmin},
    Route{"PATCH", "/api/users/{id}", change_user, Access::kAdmin},
    Route{"DELETE", "/api/users/{id}", delete_user, Access::kAdmin},
    Route{"GET", "/api/keys", list_keys, Access::kRead},
    Route{"POST", "/api/keys", create_key, Access::kWrite, ErrorShape::kProblem, Repeats::kReplaySealed},
    Route{"DELETE", "/api/keys/{id}", revoke_key, Access::kWrite},
    Route{"GET", "/api/sessions", list_sessions, Access::kRead},
    Route{"DELETE", "/api/sessions/{id}", end_session, Access::kWrite},
    Route{"GET", "/api/audit", show_audit, Access::kAdmin},
    Route{"GET", "/api/webhooks", list_webhooks, Access::kRead},
    Route{"POST", "/api/webhooks", add_webhook, Access::kWrite, ErrorShape::kProblem, Repeats::kReplaySealed},
    Route{"DELETE", "/api/webhooks/{id}", delete_webhook, Access::kWrite},
    Route{"POST", "/api/webhooks/{id}/rotate", rotate_webhook, Access::kWrite, ErrorShape::kProblem,
          Repeats::kReplaySealed},
    Route{"POST", "/api/webhooks/{id}/enable", enable_webhook, Access::kWrite},
    Route{"GET", "/api/webhooks/{id}/deliveries", list_deliveries, Access::kRead},
    Route{"POST", "/api/webhooks/{id}/deliveries/{delivery}/replay", replay_delivery, Access::kWrite,
          ErrorShape::kProblem, Repeats::kReplay},
    Route{"OPTIONS", "/api/uploads", tus_options, Access::kOpen},
    Route{"POST", "/api/uploads", create_upload, Access::kWrite, ErrorShape::kProblem, Repeats::kReplay},
    Route{"OPTIONS", "/api/uploads/{id}", tus_options, Access::kOpen},
    Route{"HEAD", "/api/uploads/{id}", show_upload, Access::kWrite},
    Route{"PATCH", "/api/uploads/{id}", patch_upload, Access::kWrite},
    Route{"DELETE", "/api/uploads/{id}", delete_upload, Access::kWrite},
    Route{"GET", "/api/openapi.yaml", send_openapi, Access::kRead},
    Route{"POST", "/v1/audio/transcriptions", openai_transcribe, Access::kWrite, ErrorShape::kOpenAi, Repeats::kReplay},
    Route{"POST", "/v1/audio/translations", openai_translate, Access::kWrite, ErrorShape::kOpenAi, Repeats::kReplay},
    Route{"POST", "/v1/audio/speech", openai_speak, Access::kWrite, ErrorShape::kOpenAi},
    Route{"GET", "/v1/models", openai_list_models, Access::kRead, ErrorShape::kOpenAi},
    Route{"GET", "/v1/models/{id}", openai_show_model, Access::kRead, ErrorShape::kOpenAi},
    Route{"POST", "/inference", whisper_cpp_inference, Access::kWrite, ErrorShape::kText},
    Route{"POST", "/load", whisper_cpp_load, Access::kAdmin, ErrorShape::kText},
    Route{"POST", "/asr", asr_transcribe, Access::kWrite, ErrorShape::kDetail},
    Route{"POST", "/detect-language", asr_detect_language, Access::kWrite, ErrorShape::kDetail},
    Route{"POST", "/translate", text_translate, Access::kWrite, ErrorShape::kText},
    Route{"POST", "/detect", text_detect, Access::kRead, ErrorShape::kText},
    Route{"GET", "/languages", text_languages, Access::kRead, ErrorShape::kText},
    Route{"POST", "/translate_file", text_translate_file, Access::kWrite, ErrorShape::kText},
    Route{"GET", "/download_file/{id}", text_download_file, Access::kRead, ErrorShape::kText},
    Route{"GET", "/frontend/settings", text_frontend_settings, Access::kRead, ErrorShape::kText},
    Route{"GET", "/metrics", send_metrics, Access::kInspect, ErrorShape::kText},
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
