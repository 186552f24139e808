#include "http/transcript_stream.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "http/error_shapes.h"
#include "http/openai_json.h"

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

class TranscriptStream {
 public:
  TranscriptStream(Api& api, StreamSink& sink) : api_(api), sink_(sink) {}

  void run(const AwaitedSpeech& speech) {
    try {
      send_known(speech.job->job_id());
      const auto job = speech.job->wait([this] { return is_given_up(); },
                                        [&](const ChangeFeed::Batch& batch) { see(speech.job->job_id(), batch); });
      if (job)
        finish(*job);
      else
        send_error({.code = "shutting_down", .detail = "The server is shutting down."});
    } catch (const Error& error) {  // the head of the answer is sent: the error becomes an event of the stream
      log::info("stream of a transcript failed", {{"job_id", speech.job->job_id()}, {"why", error.what()}});
      send_error(problem_of(error, RequestPhase::kOther));
    }
  }

 private:
  void send(std::string_view document) {
    sink_.write("data: " + std::string(document) + "\n\n");
    last_write_ = std::chrono::steady_clock::now();
  }

  void send_error(const Problem& problem) { send(error_json(problem, ErrorShape::kOpenAi)); }

  bool is_given_up() {
    if (sink_.client_gone() || api_.draining.stop_requested()) return true;
    if (std::chrono::steady_clock::now() - last_write_ < api_.options.event_keep_alive) return false;
    last_write_ = std::chrono::steady_clock::now();
    return !sink_.write(": alive\n\n");
  }

  // What earlier attempts, or an equal request before this one, left.
  void send_known(const std::string& job_id) {
    const auto job = api_.services.store.get(job_id);
    if (!job || job->state == JobState::kCompleted) return;
    for (const Segment& segment : api_.services.transcript(*job).segments)
      add(segment.text, segment.begin, segment.end);
    send_delta();
  }

  void see(const std::string& job_id, const ChangeFeed::Batch& batch) {
    if (batch.missed) return send_known(job_id);
    for (const Change& change : batch.changes) {
      if (change.kind == ChangeKind::kWindow) see_window(change.payload);
    }
    send_delta();
  }

  void see_window(const std::string& payload) {
    const auto window = nlohmann::json::parse(payload, nullptr, /*allow_exceptions=*/false);
    if (!window.is_object() || !window.contains("segments")) return;
    for (const auto& segment : window.at("segments")) {
      const auto time = [&](const char* key) { return milliseconds(std::llround(segment.value(key, 0.0) * 1000.0)); };
      add(segment.value("text", ""), time("start"), time("end"));
    }
  }

  // What lies before text that was sent already comes with the whole text at the end.
  void add(std::string_view text, milliseconds begin, milliseconds end) {
    if (begin < until_) return;
    append_segment(text_, text);
    until_ = std::max(until_, end);
  }

  void send_delta() {
    if (text_.size() == sent_bytes_) return;
    send(openai_delta_json(std::string_view(text_).substr(sent_bytes_)));
    sent_bytes_ = text_.size();
  }

  void finish(const Job& job) {
    const auto heard = heard_of(api_, job);
    if (const auto* problem = std::get_if<Problem>(&heard)) return send_error(*problem);
    const Transcript& transcript = std::get<HeardSpeech>(heard).transcript;
    const std::string whole = text_of(transcript);
    if (whole.starts_with(text_)) text_ = whole;
    send_delta();
    send(openai_done_json(whole, std::max(job.media.duration, transcript.duration)));
  }

  Api& api_;
  StreamSink& sink_;
  std::string text_;
  std::size_t sent_bytes_ = 0;
  milliseconds until_{};
  std::chrono::steady_clock::time_point last_write_ = std::chrono::steady_clock::now();
};

}  // namespace

Response transcript_stream(Api& api, AwaitedSpeech speech) {
  Response response;
  response.content_type = "text/event-stream";
  response.add("X-Accel-Buffering", "no");
  response.stream = [&api, speech = std::move(speech)](StreamSink& sink) { TranscriptStream(api, sink).run(speech); };
  return response;
}

}  // namespace voxlate::http
