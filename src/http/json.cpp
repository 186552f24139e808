#include "http/json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

#include "http/message.h"
#include "http/performance_json.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

double rounded(double value, double steps_per_unit) { return std::round(value * steps_per_unit) / steps_per_unit; }

Json time_or_null(const std::optional<TimePoint>& time) { return time ? Json(format_utc(*time)) : Json(nullptr); }

Json seconds_or_null(std::chrono::milliseconds time) { return time.count() > 0 ? Json(seconds(time)) : Json(nullptr); }

std::string job_path(const std::string& id) { return "/api/jobs/" + id; }

Json links_of(const std::string& id) {
  const std::string self = job_path(id);
  return {{"self", self},
          {"events", self + "/events"},
          {"source", self + "/source"},
          {"transcript", self + "/transcript"},
          {"cancel", self + "/cancel"},
          {"retry", self + "/retry"}};
}

// Speed is of the transcription, the long part; the time left follows from the fraction of the whole.
Json progress_of(const Job& job, TimePoint now) {
  constexpr double kLeastFraction = 0.01;
  const JobProgress& progress = job.progress;
  Json speed = nullptr;
  Json eta = nullptr;
  if (job.state == JobState::kProcessing && job.started_at && now > *job.started_at) {
    const double elapsed = seconds(now - *job.started_at);
    if (progress.stage == Stage::kTranscribing && progress.media_done.count() > 0) {
      speed = rounded(seconds(progress.media_done) / elapsed, 100);
    }
    if (progress.fraction >= kLeastFraction) {
      eta = std::ceil(elapsed * (1 - std::min(progress.fraction, 1.0)) / progress.fraction);
    }
  }
  return {{"stage", to_string(progress.stage)},
          {"fraction", rounded(std::clamp(progress.fraction, 0.0, 1.0), 10000)},
          {"media_done_s", seconds(progress.media_done)},
          {"media_total_s", seconds_or_null(progress.media_total)},
          {"speed", speed},
          {"eta_s", eta}};
}

Json waiting_of(const Job& job, const JobContext& context) {
  if (job.state != JobState::kQueued) return nullptr;
  if (job.awaits_upload) return {{"reason", "upload"}, {"upload", job.upload_id}};
  if (context.awaits_model) return {{"reason", "model"}, {"model", job.spec.model}};
  if (job.run_after > context.now) return {{"reason", "retry"}, {"retry_at", format_utc(job.run_after)}};
  if (!job.awaited_url.empty()) {
    const ImportProgress import = context.import.value_or(ImportProgress{});
    return {{"reason", "download"},
            {"downloaded_bytes", import.done_bytes},
            {"total_bytes", import.total_bytes > 0 ? Json(import.total_bytes) : Json(nullptr)}};
  }
  if (context.wait && context.wait->job_id == job.id) {
    return {{"reason", context.wait->reason},
            {"memory_percent", rounded(context.wait->memory_percent, 10)},
            {"needs_bytes", context.wait->needs_bytes},
            {"free_bytes", context.wait->free_bytes}};
  }
  return {{"reason", "queue"}, {"jobs_ahead", context.jobs_ahead}};
}

Json files_of(const Job& job) {
  Json files = Json::array();
  for (const JobFile& file : job.files) {
    files.push_back({{"name", file.name},
                     {"content_type", file.content_type},
                     {"language", file.language},
                     {"size_bytes", file.size_bytes},
                     {"url", job_path(job.id) + "/files/" + encode_percent(file.name)}});
  }
  return files;
}

Json segment_of(const Segment& segment) {
  Json words = Json::array();
  for (const Word& word : segment.words) {
    words.push_back({{"word", word.text},
                     {"start", seconds(word.begin)},
                     {"end", seconds(word.end)},
                     {"confidence", rounded(word.confidence, 1000)}});
  }
  return {{"start", seconds(segment.begin)},
          {"end", seconds(segment.end)},
          {"text", segment.text},
          {"confidence", rounded(segment.confidence, 1000)},
          {"words", std::move(words)}};
}

Json model_of(const ModelInfo& model) {
  return {{"id", model.id},
          {"file", model.file},
          {"kind", to_string(model.kind)},
          {"quantisation", model.quantisation},
          {"multilingual", model.n_languages != 1},
          {"languages", model.n_languages},
          {"source", model.source},
          {"target", model.target},
          {"version", model.version},
          {"newer_version", model.newer_version},
          {"licence", model.licence},
          {"non_commercial", model.non_commercial},
          {"listed", model.listed},
          {"state", to_string(model.state)},
          {"usable", model.usable},
          {"reason", model.reason},
          {"size_bytes", model.size_bytes},
          {"downloaded_bytes", model.downloaded_bytes},
          {"sha256", model.sha256.empty() ? Json(nullptr) : Json(model.sha256)}};
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : rounded(100.0 * static_cast<double>(part) / static_cast<double>(whole), 10);
}

// Targets that are reached from a language in the same way share a row: a model of 200 languages has 40 000 pairs.
Json translations_of(const std::vector<TranslationRoute>& routes) {
  std::map<std::tuple<std::string, std::string, std::vector<std::string>>, std::size_t> rows;
  Json list = Json::array();
  for (const TranslationRoute& route : routes) {
    const auto [row, is_new] = rows.try_emplace({route.source, route.engine, route.through}, list.size());
    if (is_new) {
      list.push_back(
          {{"source", route.source}, {"targets", Json::array()}, {"engine", route.engine}, {"through", route.through}});
    }
    list[row->second]["targets"].push_back(route.target);
  }
  return list;
}

Json sandbox_of(const MediaSandbox& sandbox) {
  return {{"landlock_abi", sandbox.landlock_abi}, {"seccomp", sandbox.seccomp}, {"namespaces", sandbox.namespaces}};
}

Json release_of(const MemoryRelease& release) {
  Json freed = Json::array();
  for (const FreedMemory& part : release.freed) freed.push_back({{"name", part.name}, {"bytes", part.bytes}});
  return {{"at", format_utc(release.at)},
          {"mode", to_string(release.mode)},
          {"cause", release.cause},
          {"percent_before", rounded(release.percent_before, 10)},
          {"percent_after", rounded(release.percent_after, 10)},
          {"freed", std::move(freed)},
          {"freed_bytes", release.freed_bytes},
          {"took_ms", release.took.count()}};
}

Json watch_of(const MemoryWatch& watch) {
  Json latest = Json::array();
  for (const MemoryRelease& release : watch.latest) latest.push_back(release_of(release));
  return {{"level", to_string(watch.level)},
          {"percent_per_s", rounded(watch.percent_per_s, 100)},
          {"cheap_percent", watch.cheap_percent},
          {"release_percent", rounded(watch.release_percent, 10)},
          {"refuse_percent", watch.refuse_percent},
          {"admits_jobs", watch.admits_jobs},
          {"refuses_jobs", watch.refuses_jobs},
          {"releases", watch.releases},
          {"freed_bytes", watch.freed_bytes},
          {"jobs_requeued", watch.jobs_requeued},
          {"latest", std::move(latest)}};
}

}  // namespace

std::string job_json(const Job& job, const JobContext& context) {
  const JobSpec& spec = job.spec;
  return text_of({{"id", job.id},
                  {"name", spec.source_name},
                  {"status", to_string(job.state)},
                  {"priority", to_string(spec.priority)},
                  {"language", spec.language},
                  {"engine", spec.engine},
                  {"model", spec.model},
                  {"task", spec.to_english ? "translate" : "transcribe"},
                  {"prompt", spec.prompt},
                  {"vad", spec.vad},
                  {"targets", spec.targets},
                  {"translator", spec.translator},
                  {"glossary", spec.glossary},
                  {"formats", spec.formats},
                  {"profile", spec.profile},
                  {"audio_track", spec.audio_track ? Json(*spec.audio_track) : Json(nullptr)},
                  {"origin", spec.origin},
                  {"size_bytes", job.media.size_bytes},
                  {"duration_s", seconds_or_null(job.media.duration)},
                  {"content_type", job.media.content_type},
                  {"media", job.media.description},
                  {"created_at", format_utc(job.created_at)},
                  {"started_at", time_or_null(job.started_at)},
                  {"finished_at", time_or_null(job.finished_at)},
                  {"progress", progress_of(job, context.now)},
                  {"waiting_for", waiting_of(job, context)},
                  {"attempt", job.attempt},
                  {"cancel_requested", job.cancel_requested},
                  {"error", job.error ? Json{{"code", to_string(job.error->code)}, {"message", job.error->message}}
                                      : Json(nullptr)},
                  {"notes", job.notes},
                  {"files", files_of(job)},
                  {"links", links_of(job.id)}});
}

std::string job_page_json(const std::vector<std::string>& jobs, const std::optional<std::string>& next) {
  std::string page = "{\"jobs\":[";
  for (const std::string& job : jobs) page += (page.back() == '[' ? "" : ",") + job;
  return page + "],\"next\":" + text_of(next ? Json(*next) : Json(nullptr)) + "}";
}

// The same for every repetition of a request: the state is the one at its making.
std::string job_accepted_json(const std::string& job_id, const std::string& webhook_secret) {
  Json document = {{"id", job_id}, {"status", to_string(JobState::kQueued)}, {"links", links_of(job_id)}};
  if (!webhook_secret.empty()) document["webhook_secret"] = webhook_secret;
  return text_of(document);
}

std::string transcript_json(const Transcript& transcript, bool complete) {
  Json segments = Json::array();
  for (const Segment& segment : transcript.segments) segments.push_back(segment_of(segment));
  return text_of({{"complete", complete}, {"language", transcript.language}, {"segments", std::move(segments)}});
}

std::string capabilities_json(const Capabilities& capabilities, const Options& options) {
  Json engines = Json::array();
  for (const TranscriberInfo& engine : capabilities.engines) {
    Json models = Json::array();
    for (const TranscriberModel& model : engine.models) {
      models.push_back({{"id", model.id},
                        {"languages", model.languages},
                        {"translates", model.translates},
                        {"awaited", model.awaited}});
    }
    engines.push_back({{"id", engine.id},
                       {"name", engine.name},
                       {"languages", engine.languages},
                       {"notice", engine.notice},
                       {"models", std::move(models)}});
  }
  const Json longest = options.max_media_duration ? Json(options.max_media_duration->count()) : Json(nullptr);
  return text_of({{"engines", std::move(engines)},
                  {"translations", translations_of(capabilities.routes)},
                  {"formats", capabilities.formats},
                  {"profiles", capabilities.profiles},
                  {"imports", options.imports},
                  {"limits", {{"max_upload_bytes", options.max_upload_bytes}, {"max_duration_s", longest}}},
                  {"version", options.version}});
}

std::string model_json(const ModelInfo& model) { return text_of(model_of(model)); }

std::string model_list_json(const std::vector<ModelInfo>& models, const std::string& problem) {
  Json list = Json::array();
  for (const ModelInfo& model : models) list.push_back(model_of(model));
  return text_of({{"models", std::move(list)}, {"problem", problem}});
}

std::string cache_list_json(const std::vector<CacheReport>& caches) {
  Json list = Json::array();
  for (const CacheReport& cache : caches) {
    const CacheStats& stats = cache.stats;
    const std::uint64_t asked = stats.hits + stats.misses;
    Json document = {
        {"name", cache.name},
        {"type", cache.type},
        {"entries", stats.entries},
        {"bytes", stats.bytes},
        {"max_entries", stats.max_entries},
        {"max_bytes", stats.max_bytes},
        {"hits", stats.hits},
        {"misses", stats.misses},
        {"hit_rate", asked == 0 ? 0.0 : rounded(static_cast<double>(stats.hits) / static_cast<double>(asked), 10000)},
        {"stored", stats.stored},
        {"evictions", stats.evictions},
        {"errors", stats.errors}};
    if (cache.connection) {
      document["connected"] = cache.connection->connected;
      document["breaker"] = cache.connection->breaker;
    }
    list.push_back(std::move(document));
  }
  return text_of({{"caches", list}});
}

std::string cache_cleared_json(std::uint64_t freed_bytes) { return text_of({{"freed_bytes", freed_bytes}}); }

std::string status_json(const SystemStatus& status, const std::map<JobState, int>& queue) {
  const auto count = [&](JobState state) {
    const auto found = queue.find(state);
    return found != queue.end() ? found->second : 0;
  };
  Json models = Json::array();
  for (const ModelInMemory& model : status.models) {
    models.push_back({{"id", model.id},
                      {"engine", model.engine},
                      {"device", model.device},
                      {"compute_type", model.compute_type},
                      {"size_bytes", model.size_bytes},
                      {"idle_s", model.idle.count()},
                      {"in_use", model.in_use}});
  }
  Json gpus = Json::array();
  for (const GpuStatus& gpu : status.resources.gpus) {
    gpus.push_back({{"index", gpu.index},
                    {"name", gpu.name},
                    {"driver", gpu.driver},
                    {"memory_total_bytes", gpu.memory_total_bytes},
                    {"memory_used_bytes", gpu.memory_used_bytes},
                    {"load_percent", gpu.load_percent ? Json(*gpu.load_percent) : Json()},
                    {"temperature_c", gpu.temperature_c ? Json(*gpu.temperature_c) : Json()}});
  }
  Json states = Json::object();
  for (const JobState state :
       {JobState::kQueued, JobState::kProcessing, JobState::kCompleted, JobState::kFailed, JobState::kCancelled}) {
    states[std::string(to_string(state))] = count(state);
  }
  Json versions = Json::object();
  for (const auto& [name, version] : status.versions) versions[name] = version;
  const double memory = percent(status.resources.memory_used_bytes, status.resources.memory_total_bytes);
  const double cpu = rounded(status.resources.cpu_percent, 10);
  const int queued = count(JobState::kQueued);
  return text_of(
      {{"memory",
        {{"total_bytes", status.resources.memory_total_bytes},
         {"used_bytes", status.resources.memory_used_bytes},
         {"percent", memory},
         {"source", status.resources.memory_source},
         {"process_rss_bytes", status.resources.process_rss_bytes},
         {"watch", watch_of(status.memory_watch)}}},
       {"cpu", {{"percent", cpu}, {"count", status.resources.cpu_count}}},
       {"queue", std::move(states)},
       {"workers",
        {{"total", status.workers_total},
         {"active", status.workers_active},
         {"stage_tasks", workers_document(status.stage_workers)}}},
       {"alerts", alerts_document(status.alerts)},
       {"models", std::move(models)},
       {"gpus", std::move(gpus)},
       {"disk", {{"free_bytes", status.resources.disk_free_bytes}, {"total_bytes", status.resources.disk_total_bytes}}},
       {"media_sandbox", status.media_sandbox ? sandbox_of(*status.media_sandbox) : Json()},
       {"versions", std::move(versions)},
       {"uptime_s", status.uptime.count()},
       {"system_resources", {{"cpu_percent", cpu}, {"memory_percent", memory}}},
       {"queue_status", {{"queue_size", queued}}},
       {"cpu_percent", cpu},
       {"memory_percent", memory},
       {"queue_size", queued}});
}

std::string segments_event_json(const std::string& job_id, std::string_view payload) {
  Json event = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!event.is_object()) event = Json::object();
  event["job_id"] = job_id;
  return text_of(event);
}

}  // namespace voxlate::http
