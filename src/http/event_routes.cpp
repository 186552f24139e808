#include "http/identify.h"
#include "http/routes.h"

namespace voxlate::http {

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

namespace {

// The sequence of a Last-Event-ID of this process.
std::optional<std::uint64_t> parse_last_id(std::string_view id, std::string_view instance) {
  constexpr std::size_t kMaxDigits = 18;
  if (!id.starts_with(instance) || id.size() < instance.size() + 2 || id[instance.size()] != '-') return std::nullopt;
  const std::string digits(id.substr(instance.size() + 1));
  if (digits.size() > kMaxDigits || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(digits);
}

Response event_stream(Api& api, Request& request, const std::string& job_id, bool system = false) {
  auto place = std::make_shared<const StreamPlace>(api);
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
  response.events = EventSubscription{.interest = {.job_id = job_id, .owner = request.caller.owner_filter()},
                                      .after = parse_last_id(request.head.value("last-event-id"), api.instance),
                                      .still_allowed = still_signed_in(api, request),
                                      .place = place,
                                      .system = system};
  return response;
}

}  // namespace

Response all_events(Api& api, Request& request) { return event_stream(api, request, ""); }

Response system_events(Api& api, Request& request) { return event_stream(api, request, "", /*system=*/true); }

Response job_events(Api& api, Request& request) {
  const auto job = find_job(api, request);
  return job ? event_stream(api, request, job->id) : no_such_job(request);
}

}  // namespace voxlate::http
