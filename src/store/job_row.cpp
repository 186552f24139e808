#include "store/job_row.h"

#include <array>
#include <nlohmann/json.hpp>

#include "voxlate/error.h"

namespace voxlate::store {
namespace {

using nlohmann::json;

constexpr std::array kStages = {Stage::kWaiting, Stage::kTranscribing, Stage::kTranslating, Stage::kWriting};
constexpr std::array kCodes = {ErrorCode::kInvalidInput, ErrorCode::kNotFound,    ErrorCode::kConflict,
                               ErrorCode::kTooLarge,     ErrorCode::kUnsupported, ErrorCode::kCorrupt,
                               ErrorCode::kCancelled,    ErrorCode::kUnavailable, ErrorCode::kOutOfMemory,
                               ErrorCode::kStorageFull,  ErrorCode::kTimeout,     ErrorCode::kInternal};

/// The one of `values` whose name is `name`.
template <typename Enum, std::size_t size>
Enum parse(const std::array<Enum, size>& values, const std::string& name) {
  for (const Enum value : values) {
    if (to_string(value) == name) return value;
  }
  throw Error(ErrorCode::kCorrupt, "the database holds an unknown value: " + name);
}

TimePoint from_ms(std::int64_t ms) { return TimePoint(std::chrono::milliseconds(ms)); }

std::optional<TimePoint> optional_time(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_ms(row.integer(column));
}

/// Never throws over malformed UTF-8: it is replaced.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

void read_spec(const json& value, JobSpec& spec) {
  spec.language = value.at("language").get<std::string>();
  spec.engine = value.at("engine").get<std::string>();
  spec.targets = value.at("targets").get<std::vector<std::string>>();
  spec.formats = value.at("formats").get<std::vector<std::string>>();
  spec.profile = value.at("profile").get<std::string>();
  spec.model = value.value("model", "");
  spec.prompt = value.value("prompt", "");
  spec.to_english = value.value("to_english", false);
  spec.vad = value.value("vad", true);
  spec.translator = value.value("translator", "");
  spec.glossary = value.value("glossary", "");
  spec.temperature = value.value("temperature", 0.0F);
  spec.audio_begin = std::chrono::milliseconds(value.value("audio_begin_ms", std::int64_t{0}));
  spec.audio_length = std::chrono::milliseconds(value.value("audio_length_ms", std::int64_t{0}));
  spec.origin = value.value("origin", "");
  spec.brief = value.value("brief", false);
  spec.webhook_url = value.value("webhook_url", "");
  spec.cache = value.value("cache", true);
  if (value.contains("audio_track")) spec.audio_track = value.at("audio_track").get<int>();
}

std::vector<JobFile> read_files(const json& value) {
  std::vector<JobFile> files;
  for (const json& file : value) {
    files.push_back({.name = file.at("name").get<std::string>(),
                     .content_type = file.at("content_type").get<std::string>(),
                     .language = file.at("language").get<std::string>(),
                     .size_bytes = file.at("size_bytes").get<std::uint64_t>()});
  }
  return files;
}

/// Reads the JSON columns of `job`.
void read_json_columns(const std::string& spec, const std::string& files, const std::string& notes,
                       const std::string& cached, Job& job) {
  try {
    read_spec(json::parse(spec), job.spec);
    job.files = read_files(json::parse(files));
    job.notes = json::parse(notes).get<std::vector<std::string>>();
    job.cached = json::parse(cached).get<std::vector<std::string>>();
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kCorrupt, "the database holds a damaged job " + job.id + ": " + error.what());
  }
}

}  // namespace

JobState parse_state(const std::string& name) { return parse(kJobStates, name); }

Job to_job(const Statement& row) {
  Job job;
  int column = 0;
  job.id = row.text(column++);
  job.owner = row.text(column++);
  job.state = parse_state(row.text(column++));
  job.spec.priority = static_cast<Priority>(row.integer(column++));
  job.spec.source_name = row.text(column++);
  const std::string spec = row.text(column++);
  job.media.size_bytes = static_cast<std::uint64_t>(row.integer(column++));
  job.media.duration = std::chrono::milliseconds(row.integer(column++));
  job.media.content_type = row.text(column++);
  job.media.description = row.text(column++);
  job.progress.stage = parse(kStages, row.text(column++));
  job.progress.fraction = row.real(column++);
  job.progress.media_done = std::chrono::milliseconds(row.integer(column++));
  job.progress.media_total = std::chrono::milliseconds(row.integer(column++));
  job.attempt = static_cast<int>(row.integer(column++));
  job.cancel_requested = row.integer(column++) != 0;
  job.created_at = from_ms(row.integer(column++));
  job.run_after = from_ms(row.integer(column++));
  job.started_at = optional_time(row, column++);
  job.finished_at = optional_time(row, column++);
  const bool has_error = !row.is_null(column);
  const std::string code = row.text(column++);
  const std::string message = row.text(column++);
  if (has_error) job.error = JobError{.code = parse(kCodes, code), .message = message};
  const std::string files = row.text(column++);
  const std::string notes = row.text(column++);
  job.awaited_url = row.text(column++);
  job.upload_id = row.text(column++);
  job.awaits_upload = row.integer(column++) != 0;
  job.work_key = row.text(column++);
  read_json_columns(spec, files, notes, row.text(column), job);
  return job;
}

std::int64_t to_ms(TimePoint time) { return time.time_since_epoch().count(); }

std::int64_t day_of(TimePoint time) { return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count(); }

std::string spec_json(const JobSpec& spec) {
  json value = {{"language", spec.language}, {"engine", spec.engine},         {"model", spec.model},
                {"prompt", spec.prompt},     {"to_english", spec.to_english}, {"vad", spec.vad},
                {"targets", spec.targets},   {"formats", spec.formats},       {"profile", spec.profile}};
  if (!spec.translator.empty()) value["translator"] = spec.translator;
  if (!spec.glossary.empty()) value["glossary"] = spec.glossary;
  if (spec.temperature > 0) value["temperature"] = spec.temperature;
  if (spec.audio_begin.count() > 0) value["audio_begin_ms"] = spec.audio_begin.count();
  if (spec.audio_length.count() > 0) value["audio_length_ms"] = spec.audio_length.count();
  if (!spec.origin.empty()) value["origin"] = spec.origin;
  if (spec.brief) value["brief"] = true;
  if (!spec.webhook_url.empty()) value["webhook_url"] = spec.webhook_url;
  if (!spec.cache) value["cache"] = false;
  if (spec.audio_track) value["audio_track"] = *spec.audio_track;
  return dump(value);
}

std::string files_json(const std::vector<JobFile>& files) {
  json list = json::array();
  for (const JobFile& file : files) {
    list.push_back({{"name", file.name},
                    {"content_type", file.content_type},
                    {"language", file.language},
                    {"size_bytes", file.size_bytes}});
  }
  return dump(list);
}

std::string texts_json(const std::vector<std::string>& texts) { return dump(json(texts)); }

}  // namespace voxlate::store
