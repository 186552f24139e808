#include "http/speech_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/hashing.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/new_job.h"
#include "http/owner_limits.h"
#include "http/upload_space.h"

namespace voxlate::http {
namespace {

constexpr std::uint64_t kMaxResultBytes = std::uint64_t{64} << 20U;
constexpr std::string_view kDefaultModel = "whisper-1";

void append_number(std::string& bytes, std::uint32_t number, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

// Head of a wave file (RIFF) whose length is not known yet, as programs write it into a pipe: the sizes are 2^32 - 1.
std::string wave_head() {
  constexpr std::uint32_t kUnknown = 0xFFFFFFFF;
  constexpr std::uint32_t kRate = 16'000;
  constexpr std::uint32_t kSampleBytes = 2;
  std::string head = "RIFF";
  append_number(head, kUnknown, 4);
  head += "WAVEfmt ";
  append_number(head, 16, 4);
  append_number(head, 1, 2);  // PCM
  append_number(head, 1, 2);  // channels
  append_number(head, kRate, 4);
  append_number(head, kRate * kSampleBytes, 4);
  append_number(head, kSampleBytes, 2);
  append_number(head, 8 * kSampleBytes, 2);
  head += "data";
  append_number(head, kUnknown, 4);
  return head;
}

Problem too_many_waiting(const Api& api) {
  return {.code = "too_many_waiting",
          .detail = "As many requests wait for their result as may (" +
                    std::to_string(api.options.max_waiting_requests) + ").",
          .retry_after_s = 5};
}

std::variant<JobSpec, Problem> make_spec(const SpeechOptions& options, std::string_view origin,
                                         std::string_view file_name) {
  FormFields fields = options.fields;
  fields.emplace_back("formats", "srt,vtt,tsv");  // so that equal requests for other formats share the job
  auto parsed = parse_job_request(fields, file_name);
  if (auto* spec = std::get_if<JobSpec>(&parsed)) {
    spec->temperature = options.temperature;
    spec->audio_begin = options.audio_begin;
    spec->audio_length = options.audio_length;
    spec->origin = origin;
    spec->priority = Priority::kHigh;
  }
  return parsed;
}

// What is asked of which file and by whom.
std::string key_of(const JobSpec& spec, const UploadFile& file, const Request& request) {
  const auto number = [](auto value) { return " " + std::to_string(value); };
  JobSpec nameless = spec;
  nameless.source_name.clear();
  return sha256_hex(canonical_form(nameless) + spec.origin + number(spec.temperature) +
                    number(spec.audio_begin.count()) + number(spec.audio_length.count()) + " " +
                    request.caller.user_id + " " + file.sha256());
}

std::variant<EnqueueResult, Problem> add_speech(Api& api, const Request& request, UploadForm& form, JobSpec spec,
                                                MediaSummary media) {
  NewJob job;
  spec.brief = api.awaited.is_brief(media);
  if (spec.brief) spec.priority = Priority::kUrgent;
  job.spec = std::move(spec);
  job.media = std::move(media);
  return add_job(api, request, std::move(form.file), std::move(job));
}

Problem problem_of_failed(const Job& job) {
  const JobError error = job.error.value_or(JobError{});
  return problem_of(Error(error.code, error.message), RequestPhase::kOther);
}

}  // namespace

std::variant<AwaitedSpeech, Problem> submit_speech(Api& api, Request& request, const SpeechForm& form,
                                                   const ReadSpeechOptions& read) {
  if (auto problem = refuse_new_job(api, request)) return *std::move(problem);
  const UploadPlace upload_place(api, request);
  if (auto problem = upload_place.refused()) return *std::move(problem);
  AwaitedSpeech speech{.place = api.awaited.try_take_place(), .job = {}};
  if (!speech.place) return too_many_waiting(api);
  const UploadSpace space(api, request);
  if (!space.is_promised()) return no_space();
  const std::string head = form.raw_samples ? wave_head() : std::string();
  StageTimer timer(api.services.performance.timings(), "receive");
  auto received = receive_form(request.head.value("content-type"), request.body, api.services.data.uploads(),
                               api.services.durability,
                               {.max_file_bytes = api.options.max_upload_bytes, .part = form.part, .prefix = head});
  if (auto* problem = std::get_if<Problem>(&received)) return std::move(*problem);
  timer.finish();
  UploadForm upload = std::get<UploadForm>(std::move(received));
  auto options = read(upload.fields);
  if (auto* problem = std::get_if<Problem>(&options)) return std::move(*problem);
  auto parsed = make_spec(std::get<SpeechOptions>(options), form.origin, upload.file_name);
  if (auto* problem = std::get_if<Problem>(&parsed)) return std::move(*problem);
  JobSpec spec = std::get<JobSpec>(std::move(parsed));
  api.services.complete_spec(spec);
  request.phase = RequestPhase::kProbing;
  MediaSummary media = api.services.probe(upload.file->path(), spec);
  request.phase = RequestPhase::kOther;
  media.size_bytes = upload.file->size_bytes();
  speech.duration = media.duration;
  const std::string key = key_of(spec, *upload.file, request);
  std::optional<Problem> refused;
  speech.job = api.awaited.submit(key, [&]() -> std::optional<std::string> {
    auto added = add_speech(api, request, upload, std::move(spec), std::move(media));
    if (auto* result = std::get_if<EnqueueResult>(&added)) return result->job.id;
    refused = std::get<Problem>(std::move(added));
    return std::nullopt;
  });
  if (refused) return *std::move(refused);
  return speech;
}

std::variant<HeardSpeech, Problem> hear_speech(Api& api, const Request& request, const AwaitedSpeech& speech) {
  const auto job = speech.job->wait([&] { return request.body.client_gone() || api.draining.stop_requested(); });
  if (!job) return Problem{.code = "shutting_down", .detail = "The server is shutting down.", .retry_after_s = 10};
  return heard_of(api, *job);
}

std::variant<HeardSpeech, Problem> heard_of(Api& api, const Job& job) {
  if (job.state == JobState::kCancelled) return Problem{.code = "job_cancelled", .detail = "The work was cancelled."};
  if (job.state == JobState::kFailed) return problem_of_failed(job);
  return HeardSpeech{.job = job, .transcript = api.services.transcript(job)};
}

std::string result_file(const Api& api, const Job& job, std::string_view extension) {
  const std::string ending = "." + std::string(extension);
  const auto found = std::ranges::find_if(job.files, [&](const JobFile& file) { return file.name.ends_with(ending); });
  if (found == job.files.end()) throw Error(ErrorCode::kInternal, "a job has no result " + ending);
  return read_file(api.services.data.workspace(job.id).file(found->name), kMaxResultBytes);
}

void append_segment(std::string& text, std::string_view segment) {
  if (segment.empty()) return;
  const std::string_view last = std::string_view(text).substr(text.size() < 3 ? text.size() : text.size() - 3);
  // No space follows a full-width mark (U+3000 to U+303F, U+FF00 to U+FF65).
  const bool wide = last.starts_with("\xE3\x80") || last.starts_with("\xEF\xBC") ||
                    (last.starts_with("\xEF\xBD") && static_cast<unsigned char>(last[2]) <= 0xA5);
  if (!text.empty() && !wide) text += ' ';
  text += segment;
}

std::string text_of(const Transcript& transcript) {
  std::string text;
  for (const Segment& segment : transcript.segments) append_segment(text, segment.text);
  return text;
}

std::string field_of(const FormFields& fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &FormFields::value_type::first);
  return found == fields.end() ? std::string() : found->second;
}

std::optional<bool> parse_flag(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  constexpr std::array<std::string_view, 4> kYes = {"true", "1", "yes", "on"};
  constexpr std::array<std::string_view, 5> kNo = {"", "false", "0", "no", "off"};
  if (std::ranges::find(kYes, lower) != kYes.end()) return true;
  if (std::ranges::find(kNo, lower) != kNo.end()) return false;
  return std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

Problem field_problem(std::string_view name, std::string_view expected, std::string_view got) {
  constexpr std::size_t kMostShown = 64;
  const std::string detail = "Expected " + std::string(expected) + ", got \"" +
                             std::string(truncate_utf8(repair_utf8(got), kMostShown)) + "\".";
  return {.code = "invalid_input",
          .detail = std::string(name) + ": " + detail,
          .errors = {{.pointer = "/" + std::string(name), .detail = detail}}};
}

bool add_model(const Api& api, std::string_view model, FormFields& fields) {
  if (model.empty() || model == kDefaultModel) return true;
  const Capabilities capabilities = api.services.capabilities();
  for (const TranscriberInfo& engine : capabilities.engines) {
    if (engine.id == model) {
      fields.emplace_back("engine", std::string(model));
      return true;
    }
    if (std::ranges::find(engine.models, model, &TranscriberModel::id) != engine.models.end()) {
      fields.emplace_back("engine", engine.id);
      fields.emplace_back("model", std::string(model));
      return true;
    }
  }
  return false;
}

}  // namespace voxlate::http
