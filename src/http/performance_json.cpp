#include "http/performance_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

double rounded(double value, double steps_per_unit) { return std::round(value * steps_per_unit) / steps_per_unit; }

double seconds(std::chrono::nanoseconds time) {
  return rounded(std::chrono::duration<double>(time).count(), 1'000'000);
}

Json known(const std::optional<double>& value) { return value ? Json(rounded(*value, 10)) : Json(nullptr); }

Json resources_document(const ResourceSample& sample) {
  Json gpus = Json::array();
  for (const GpuStatus& gpu : sample.gpus) {
    gpus.push_back({{"index", gpu.index},
                    {"memory_total_bytes", gpu.memory_total_bytes},
                    {"memory_used_bytes", gpu.memory_used_bytes},
                    {"load_percent", gpu.load_percent ? Json(*gpu.load_percent) : Json(nullptr)}});
  }
  return {{"at", format_utc(sample.at)},
          {"cpu_percent", rounded(sample.cpu_percent, 10)},
          {"process_cpu_percent", rounded(sample.process_cpu_percent, 10)},
          {"cpu_count", sample.cpu_count},
          {"memory_percent", rounded(memory_percent(sample), 10)},
          {"memory_used_bytes", sample.memory_used_bytes},
          {"memory_total_bytes", sample.memory_total_bytes},
          {"process_bytes", sample.process_rss_bytes},
          {"memory_stall_percent", known(sample.memory_stall_percent)},
          {"io_stall_percent", known(sample.io_stall_percent)},
          {"disk_read_bytes_per_s", known(sample.disk_read_bytes_per_s)},
          {"disk_written_bytes_per_s", known(sample.disk_written_bytes_per_s)},
          {"network_received_bytes_per_s", known(sample.network_received_bytes_per_s)},
          {"network_sent_bytes_per_s", known(sample.network_sent_bytes_per_s)},
          {"disk_free_bytes", sample.disk_free_bytes},
          {"disk_total_bytes", sample.disk_total_bytes},
          {"gpus", std::move(gpus)},
          {"jobs_queued", sample.jobs_queued},
          {"jobs_running", sample.jobs_running}};
}

// One row of figures for each point: a mean that is not known is null. Floats have 24 bits: more digits say nothing.
Json values_document(const MetricValues& values) {
  Json row = Json::array();
  for (const float value : values) {
    row.push_back(std::isnan(value) ? Json(nullptr) : Json(rounded(static_cast<double>(value), 100)));
  }
  return row;
}

Json points_document(const std::vector<MetricsPoint>& points) {
  Json rows = Json::array();
  for (const MetricsPoint& point : points) {
    rows.push_back({{"at", format_utc(point.at)},
                    {"samples", point.samples},
                    {"mean", values_document(point.mean)},
                    {"peak", values_document(point.peak)}});
  }
  return rows;
}

Json columns_document() {
  Json columns = Json::array();
  for (const std::string_view name : kMetricNames) columns.push_back(name);
  return columns;
}

Json advice_of(const Recommendation& one) {
  Json evidence = Json::object();
  for (const auto& [name, value] : one.evidence) evidence[name] = rounded(value, 1000);
  Json setting = nullptr;
  if (one.setting) {
    setting = {{"key", one.setting->key}, {"current", one.setting->current}, {"suggested", one.setting->suggested}};
  }
  return {{"id", one.id},
          {"group", to_string(one.group)},
          {"severity", to_string(one.severity)},
          {"title", one.title},
          {"reason", one.reason},
          {"evidence", std::move(evidence)},
          {"setting", std::move(setting)},
          {"can_apply", one.can_apply}};
}

}  // namespace

Json alerts_document(const std::vector<Alert>& alerts) {
  Json list = Json::array();
  for (const Alert& alert : alerts) {
    list.push_back({{"id", alert.id},
                    {"kind", alert.kind},
                    {"since", format_utc(alert.since)},
                    {"value", rounded(alert.value, 10)},
                    {"limit", rounded(alert.limit, 10)},
                    {"message", alert.message}});
  }
  return list;
}

Json workers_document(const WorkerFigures& workers) {
  return {{"limit", workers.limit},
          {"active", workers.active},
          {"waiting", workers.waiting},
          {"completed", workers.completed},
          {"efficiency", rounded(workers.efficiency, 1000)},
          {"reasons", workers.reasons}};
}

std::string performance_json(const Performance& performance, const SystemStatus& status) {
  Json settings = Json::array();
  for (const SettingInUse& setting : performance.settings()) {
    settings.push_back({{"group", setting.group},
                        {"key", setting.key},
                        {"value", setting.value},
                        {"origin", setting.origin},
                        {"on", setting.on ? Json(*setting.on) : Json(nullptr)}});
  }
  return text_of({{"profile", performance.profile()},
                  {"settings", std::move(settings)},
                  {"jobs", {{"total", status.workers_total}, {"active", status.workers_active}}},
                  {"workers", workers_document(performance.workers())},
                  {"resources", resources_document(status.resources)},
                  {"memory_level", to_string(status.memory_watch.level)},
                  {"alerts", alerts_document(status.alerts)}});
}

std::string timings_json(const std::vector<StageFigures>& stages) {
  Json list = Json::array();
  for (const StageFigures& stage : stages) {
    const bool has_media = stage.media.count() > 0;
    list.push_back({{"stage", stage.stage},
                    {"count", stage.count},
                    {"total_s", seconds(stage.total)},
                    {"last_s", seconds(stage.last)},
                    {"longest_s", seconds(stage.longest)},
                    {"p50_s", seconds(stage.p50)},
                    {"p95_s", seconds(stage.p95)},
                    {"p99_s", seconds(stage.p99)},
                    {"media_s", seconds(stage.media)},
                    {"real_time_factor", has_media ? Json(rounded(real_time_factor(stage), 10'000)) : Json(nullptr)}});
  }
  return text_of({{"stages", std::move(list)}});
}

std::string history_json(const MetricsHistory& history) {
  Json marks = Json::array();
  for (const MetricsMark& mark : history.marks) {
    marks.push_back({{"at", format_utc(mark.at)}, {"kind", mark.kind}, {"text", mark.text}});
  }
  return text_of({{"begin", format_utc(history.begin)},
                  {"end", format_utc(history.end)},
                  {"step_s", history.step.count()},
                  {"columns", columns_document()},
                  {"points", points_document(history.points)},
                  {"marks", std::move(marks)}});
}

std::string memory_profile_json(const MemoryProfile& profile, const SystemStatus& status) {
  Json holders = Json::array();
  for (const HolderFigures& holder : profile.holders) {
    holders.push_back(
        {{"name", holder.name}, {"bytes", holder.bytes}, {"created", holder.created}, {"freed", holder.freed}});
  }
  Json models = Json::array();
  for (const ModelInMemory& model : status.models) {
    models.push_back({{"id", model.id},
                      {"device", model.device},
                      {"bytes", model.size_bytes},
                      {"idle_s", model.idle.count()},
                      {"in_use", model.in_use}});
  }
  Json jobs = Json::array();
  for (const JobMemory& job : profile.jobs)
    jobs.push_back({{"id", job.job_id}, {"estimated_bytes", job.estimated_bytes}});
  const std::uint64_t accounted = std::min(profile.accounted_bytes, profile.process_bytes);
  return text_of({{"process_bytes", profile.process_bytes},
                  {"accounted_bytes", profile.accounted_bytes},
                  {"other_bytes", profile.process_bytes - accounted},
                  {"holders", std::move(holders)},
                  {"models", std::move(models)},
                  {"jobs", std::move(jobs)},
                  {"percent_per_s", rounded(profile.percent_per_s, 100)},
                  {"columns", columns_document()},
                  {"trend", points_document(profile.trend)}});
}

std::string advice_json(const std::vector<Recommendation>& advice, const SystemStatus& status) {
  Json list = Json::array();
  for (const Recommendation& one : advice) list.push_back(advice_of(one));
  return text_of({{"recommendations", std::move(list)},
                  {"analysis",
                   {{"resources", resources_document(status.resources)},
                    {"memory_level", to_string(status.memory_watch.level)},
                    {"workers", workers_document(status.stage_workers)}}}});
}

std::string optimized_json(const OptimizeResult& result) {
  Json refused = Json::array();
  for (const auto& [id, why] : result.refused) refused.push_back({{"id", id}, {"why", why}});
  Json freed = Json::array();
  if (result.release) {
    for (const FreedMemory& part : result.release->freed) freed.push_back({{"name", part.name}, {"bytes", part.bytes}});
  }
  return text_of({{"done", result.done},
                  {"refused", std::move(refused)},
                  {"freed_bytes", result.freed_bytes},
                  {"freed", std::move(freed)},
                  {"memory_percent_before", rounded(result.memory_percent_before, 10)},
                  {"memory_percent_after", rounded(result.memory_percent_after, 10)}});
}

std::string system_event_json(const SystemStatus& status) {
  return text_of({{"resources", resources_document(status.resources)},
                  {"memory_level", to_string(status.memory_watch.level)},
                  {"memory_releases", status.memory_watch.releases},
                  {"jobs", {{"total", status.workers_total}, {"active", status.workers_active}}},
                  {"workers", workers_document(status.stage_workers)},
                  {"alerts", alerts_document(status.alerts)}});
}

}  // namespace voxlate::http
