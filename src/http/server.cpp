#include "http/server.h"

#include <algorithm>

#include "base/ids.h"
#include "base/log.h"
#include "http/api.h"
#include "http/connection_loop.h"
#include "http/event_hub.h"
#include "http/forwarded.h"
#include "http/request_threads.h"
#include "http/response_head.h"
#include "http/routes.h"
#include "http/socket.h"
#include "http/stream_writer.h"
#include "http/system_events.h"
#include "http/tus_headers.h"

namespace voxlate::http {
namespace {

constexpr std::uint64_t kFormOverheadBytes = 64 * 1024;
constexpr std::uint64_t kOtherFiles = 512;  // the process may have open besides connections

std::string path_of(const RequestHead& head) { return head.target.substr(0, head.target.find('?')); }

Request make_request(const RequestHead& head, BodyReader& body) {
  const auto mark = head.target.find('?');
  return {.head = head,
          .body = body,
          .id = random_id(),
          .path = path_of(head),
          .query = mark == std::string::npos ? std::map<std::string, std::string>()
                                             : parse_query(std::string_view(head.target).substr(mark + 1)),
          .captures = {}};
}

/// The body of what is no request.
class NoBody final : public BodyReader {
 public:
  std::size_t read(std::span<char>) override { return 0; }
  const std::optional<Problem>& failure() const override { return failure_; }

 private:
  const std::optional<Problem> failure_;
};

bool is_route(const RequestHead& head) {
  const std::string path = path_of(head);
  return std::ranges::any_of(
      kRoutes, [&](const Route& route) { return route.method == head.method && match_pattern(route.pattern, path); });
}

}  // namespace

class Server::Impl final : private RequestHandler {
 public:
  Impl(Options options, Services services)
      : api_{.options = std::move(options), .services = std::move(services)},
        threads_(api_.options.request_threads),
        loop_(api_.options, *this, threads_),
        events_(api_, [this](std::vector<EventText> texts) { loop_.tell(std::move(texts)); }),
        system_events_(api_, [this](std::vector<EventText> texts) { loop_.tell(std::move(texts)); }) {}

  int bind() {
    raise_descriptor_limit(static_cast<std::uint64_t>(api_.options.max_connections) + kOtherFiles);
    listener_ = listen_on(api_.options.host, api_.options.port);
    return listener_.port;
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] { api_.draining.request_stop(); });
    loop_.run(std::move(listener_.fd), api_.draining.get_token());
    events_.stop();
    system_events_.stop();
  }

 private:
  Plan plan(const RequestHead& head) override;
  Next serve(Session& session) override;
  std::string refusal(const Problem& problem) override;
  void events_ended(std::uint64_t id) override {
    events_.leave(id);
    system_events_.leave(id);
  }

  Next begin_answer(Session& session);
  Next begin_events(Session& session, std::string head, const EventSubscription& subscription);
  static Next go_on(Session& session);

  Api api_;
  Listener listener_;
  RequestThreads threads_;
  ConnectionLoop loop_;
  EventHub events_;
  SystemEvents system_events_;
};

// A body is awaited only where it will be read.
RequestHandler::Plan Server::Impl::plan(const RequestHead& head) {
  const std::string path = path_of(head);
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && path == "/livez") return {.lane = Lane::kLive};
  if (reads && (path == "/readyz" || path == "/health")) return {.lane = Lane::kReady};
  const bool has_body = head.chunked || head.content_length.value_or(0) > 0;
  const bool fits = head.content_length.value_or(0) <= api_.options.max_upload_bytes + kFormOverheadBytes;
  // What comes of a resumable upload is acknowledged at once, so nothing of it waits in the loop.
  if (has_body && is_upload_path(path)) return {.lane = Lane::kBody};
  return {.lane = Lane::kRequest, .await_body = has_body && fits && is_route(head)};
}

Next Server::Impl::serve(Session& session) {
  try {
    return session.answering ? go_on(session) : begin_answer(session);
  } catch (const std::exception& error) {
    // Not from a route, which maps its own failures: an event stream, or the connection itself.
    log::error("connection failed", {{"why", error.what()}});
    return Next::kEnd;
  }
}

Next Server::Impl::begin_answer(Session& session) {
  const RemoteEnd client = remote_end_of(session.head, session.peer, api_.options.trusted_proxies);
  session.head.drop_forwarded();
  const RequestHead& head = session.head;
  Request request = make_request(head, session.connection);
  request.peer = client.peer.text();
  request.secure = client.secure;
  request.arrival = session.arrival;
  Response response = answer(api_, request);
  const bool whole = session.connection.finish_body();
  session.close_after =
      !head.keep_alive || !whole || response.events || response.stream || api_.draining.stop_requested();
  std::string text = response_head(response, head.minor_version, session.close_after);
  if (head.method == "HEAD") {
    response.body.clear();
    response.file.reset();
  } else if (response.events) {
    return begin_events(session, std::move(text), *response.events);
  } else if (response.stream) {
    StreamWriter writer(session.connection, std::move(text), head.minor_version >= 1, api_.options.write_timeout);
    response.stream(writer);
    return writer.finish() ? Next::kLinger : Next::kEnd;
  }
  session.outgoing = Outgoing(std::move(text.append(response.body)), std::move(response.file));
  session.answering = true;
  return go_on(session);
}

Next Server::Impl::go_on(Session& session) {
  switch (session.outgoing.send(session.connection.socket())) {
    case Outgoing::Progress::kDone: break;
    case Outgoing::Progress::kBlocked: return Next::kWrite;
    case Outgoing::Progress::kFailed: return Next::kEnd;
  }
  session.answering = false;
  session.outgoing = Outgoing();
  return session.close_after ? Next::kLinger : Next::kRequest;
}

// The session is the loop's as soon as it has begun.
Next Server::Impl::begin_events(Session& session, std::string head, const EventSubscription& subscription) {
  const bool chunked = session.head.minor_version >= 1;
  const auto begin = [&](const std::string& text) {
    session.chunked_events = chunked;
    session.outgoing = Outgoing(head + event_chunk(text, chunked), std::nullopt);
    loop_.begin_events(session.id);
  };
  if (subscription.system)
    system_events_.join(session.id, subscription, begin);
  else
    events_.join(session.id, subscription, begin);
  return Next::kEvents;
}

std::string Server::Impl::refusal(const Problem& problem) {
  const RequestHead none;
  NoBody body;
  const Request request = make_request(none, body);
  Response response = problem_response(problem, request);
  add_common_headers(response, request.id);
  log::info("request refused", {{"request_id", request.id}, {"code", problem.code}, {"why", problem.detail}});
  return response_head(response, /*minor_version=*/1, /*close=*/true) + response.body;
}

Server::Server(Options options, Services services)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(services))) {}

Server::~Server() = default;

int Server::bind() { return impl_->bind(); }

void Server::run(std::stop_token stop) { impl_->run(stop); }

}  // namespace voxlate::http
