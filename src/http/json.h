#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "voxlate/job.h"
#include "voxlate/model_store.h"
#include "voxlate/system_status.h"
#include "voxlate/transcript.h"

namespace voxlate::http {

/// The documents of the API as JSON text; web/openapi.yaml describes each. Malformed UTF-8 is replaced.

/// What is said about a job beyond its record.
struct JobContext {
  TimePoint now{};
  int jobs_ahead = 0;                      ///< of a queued one
  bool awaits_model = false;               ///< a queued one: its model is being downloaded
  std::optional<ImportProgress> import{};  ///< a queued one: its source is being fetched
  std::optional<ResourceWait> wait{};      ///< the job that there is no room for
};

std::string job_json(const Job& job, const JobContext& context);
/// `jobs` are documents made by `job_json`; `next` is the address of the next page.
std::string job_page_json(const std::vector<std::string>& jobs, const std::optional<std::string>& next);
/// `webhook_secret` is left out when it is empty.
std::string job_accepted_json(const std::string& job_id, const std::string& webhook_secret);
std::string transcript_json(const Transcript& transcript, bool complete);
std::string capabilities_json(const Capabilities& capabilities, const Options& options);
std::string model_json(const ModelInfo& model);
/// `problem` is why the index of translation packages is old or missing.
std::string model_list_json(const std::vector<ModelInfo>& models, const std::string& problem);
std::string cache_list_json(const std::vector<CacheReport>& caches);
std::string cache_cleared_json(std::uint64_t freed_bytes);
std::string status_json(const SystemStatus& status, const std::map<JobState, int>& queue);

/// Data of an event: the payload of a window change with the id of its job.
std::string segments_event_json(const std::string& job_id, std::string_view payload);

}  // namespace voxlate::http
