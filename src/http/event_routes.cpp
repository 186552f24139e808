#include <functional>
#include <map>

#include "base/ids.h"
#include "http/identify.h"
#include "http/json.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr int kSnapshotJobs = 50;
constexpr std::chrono::milliseconds kLookForClient{1000};

/// One reader of the feed, written out as server-sent events. An event's id is "<process>-<sequence>": a
/// client that comes back to another process gets a snapshot, not a continuation that has holes.
class EventStream {
 public:
  EventStream(Api& api, ChangeFeed::Interest interest, std::optional<std::uint64_t> after,
              std::function<bool()> still_signed_in)
      : api_(api), interest_(std::move(interest)), still_signed_in_(std::move(still_signed_in)), after_(after) {}

  void run(StreamSink& sink) {
    if (!sink.write("retry: 2000\n\n")) return;
    if (!after_ && !send_snapshot(sink)) return;
    const std::stop_token stop = api_.draining.get_token();
    auto quiet = std::chrono::milliseconds(0);
    while (!stop.stop_requested() && !sink.client_gone() && still_signed_in_()) {
      const auto batch = api_.services.feed.wait(*after_, interest_, kLookForClient, stop);
      if (batch.missed) {
        if (!send_snapshot(sink)) return;
      } else if (batch.changes.empty()) {
        after_ = batch.next;
        quiet += kLookForClient;
        if (quiet < api_.options.event_keep_alive) continue;
        if (!sink.write(": alive\n\n")) return;
      } else if (!send_changes(sink, batch)) {
        return;
      }
      quiet = std::chrono::milliseconds(0);
    }
  }

 private:
  bool send(StreamSink& sink, std::string_view event, std::string_view data, std::uint64_t sequence) const {
    std::string text = "id: " + api_.instance + "-" + std::to_string(sequence) + "\nevent: ";
    text.append(event).append("\ndata: ").append(data).append("\n\n");
    return sink.write(text);
  }

  bool send_job(StreamSink& sink, const Job& job, std::uint64_t sequence) const {
    return send(sink, "job", job_json(job, context_of(api_, job)), sequence);
  }

  // The place in the feed is taken before the store is read: a change in between is sent twice, never lost.
  bool send_snapshot(StreamSink& sink) {
    const std::uint64_t sequence = api_.services.feed.newest();
    after_ = sequence;
    if (!interest_.job_id.empty()) {
      const auto job = api_.services.store.get(interest_.job_id);
      return job && send_job(sink, *job, sequence);
    }
    const JobPage page = api_.services.store.list(
        {.owner = interest_.owner, .state = {}, .search = {}, .after_id = {}, .limit = kSnapshotJobs});
    for (auto job = page.jobs.rbegin(); job != page.jobs.rend(); ++job) {
      if (!send_job(sink, *job, sequence)) return false;
    }
    return true;
  }

  // Of several changes of a job only the last is sent: a job is always sent as it is now.
  bool send_changes(StreamSink& sink, const ChangeFeed::Batch& batch) {
    std::map<std::string, std::uint64_t> last;
    for (const Change& change : batch.changes) {
      if (change.kind == ChangeKind::kJob) last[change.job_id] = change.sequence;
    }
    for (const Change& change : batch.changes) {
      switch (change.kind) {
        case ChangeKind::kJob: {
          if (last.at(change.job_id) != change.sequence) break;
          const auto job = api_.services.store.get(change.job_id);
          if (job && !send_job(sink, *job, change.sequence)) return false;
          break;
        }
        case ChangeKind::kWindow: {
          const std::string data = segments_event_json(change.job_id, change.payload);
          if (!send(sink, "segments", data, change.sequence)) return false;
          break;
        }
        case ChangeKind::kDeleted: {
          const std::string data = "{\"id\":\"" + change.job_id + "\"}";
          if (!send(sink, "deleted", data, change.sequence)) return false;
          if (!interest_.job_id.empty()) return false;
          break;
        }
      }
    }
    after_ = batch.next;
    return true;
  }

  Api& api_;
  const ChangeFeed::Interest interest_;
  const std::function<bool()> still_signed_in_;
  std::optional<std::uint64_t> after_;  ///< sequence of the last change sent; none: nothing yet
};

/// Counts a stream for as long as it lives.
class StreamPlace {
 public:
  explicit StreamPlace(Api& api) : api_(api), taken_(++api.event_streams <= api.options.max_event_streams) {}
  ~StreamPlace() { --api_.event_streams; }
  StreamPlace(const StreamPlace&) = delete;
  StreamPlace& operator=(const StreamPlace&) = delete;

  bool taken() const { return taken_; }

 private:
  Api& api_;
  const bool taken_;
};

// The sequence of a Last-Event-ID of this process.
std::optional<std::uint64_t> parse_last_id(std::string_view id, std::string_view instance) {
  constexpr std::size_t kMaxDigits = 18;
  if (!id.starts_with(instance) || id.size() < instance.size() + 2 || id[instance.size()] != '-') return std::nullopt;
  const std::string digits(id.substr(instance.size() + 1));
  if (digits.size() > kMaxDigits || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(digits);
}

Response event_stream(Api& api, Request& request, const std::string& job_id) {
  auto place = std::make_shared<StreamPlace>(api);
  if (!place->taken()) {
    return problem_response({.code = "too_many_streams",
                             .detail = "The server holds " + std::to_string(api.options.max_event_streams) +
                                       " event streams, which is its limit.",
                             .retry_after_s = 10},
                            request);
  }
  Response response;
  response.content_type = "text/event-stream";
  response.add("X-Accel-Buffering", "no");
  const auto after = parse_last_id(request.head.value("last-event-id"), api.instance);
  const ChangeFeed::Interest interest{.job_id = job_id, .owner = request.caller.owner_filter()};
  response.stream = [&api, interest, after, place, valid = still_signed_in(api, request)](StreamSink& sink) {
    EventStream(api, interest, after, valid).run(sink);
  };
  return response;
}

}  // namespace

Response all_events(Api& api, Request& request) { return event_stream(api, request, ""); }

Response job_events(Api& api, Request& request) {
  const auto job = find_job(api, request);
  return job ? event_stream(api, request, job->id) : no_such_job(request);
}

}  // namespace voxlate::http
