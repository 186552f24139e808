#include "http/connection_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::http {
namespace {

constexpr std::uint64_t kListenerKey = 0;
constexpr std::uint64_t kWakeKey = 1;
constexpr std::uint64_t kFirstId = 2;

constexpr std::size_t kScratchBytes = 64 * 1024;
constexpr int kAcceptAtOnce = 64;
constexpr std::size_t kTurnedAwayAtOnce = 64;  // more are closed without a word
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
constexpr std::chrono::milliseconds kLingerTime{2000};

// What all clients together may have sent of requests that are not whole; above it those that sent much are refused.
constexpr std::size_t kMaxBufferedBytes = 64 * 1024 * 1024;
constexpr std::size_t kAlwaysBufferedBytes = 4 * 1024;

// A client of an event stream that is further behind is let go; it comes back and goes on where it was.
constexpr std::size_t kMaxEventBacklogBytes = 256 * 1024;

}  // namespace

std::string event_chunk(std::string_view text, bool chunked) {
  if (!chunked || text.empty()) return std::string(text);
  std::array<char, 2 * sizeof(std::size_t)> size{};
  const auto end = std::to_chars(size.data(), size.data() + size.size(), text.size(), /*base=*/16).ptr;
  return std::string(size.data(), end) + "\r\n" + std::string(text) + "\r\n";
}

ConnectionLoop::ConnectionLoop(const Options& options, RequestHandler& handler, RequestThreads& threads)
    : options_(options),
      handler_(handler),
      threads_(threads),
      addresses_(static_cast<std::size_t>(options.max_connections_per_address), options.trusted_proxies),
      last_id_(kFirstId),
      scratch_(kScratchBytes) {}

void ConnectionLoop::run(UniqueFd listener, const std::stop_token& draining) {
  const std::stop_callback on_drain(draining, [this] { wake_.fire(); });
  listener_ = std::move(listener);
  poller_.add(listener_.get(), kListenerKey, EPOLLIN);
  poller_.add(wake_.fd(), kWakeKey, EPOLLIN);
  while (!(draining_ && sessions_.empty()) && Clock::now() < grace_end_) {
    for (const epoll_event& event : poller_.wait(next_deadline())) on_event(event);
    take_posts();
    if (!draining_ && draining.stop_requested()) begin_drain();
    expire();
  }
  cut_off();
}

// --- news from other threads ---

void ConnectionLoop::post(Post post) {
  {
    const MutexLock lock(mutex_);
    posts_.push_back(std::move(post));
  }
  wake_.fire();
}

void ConnectionLoop::begin_events(std::uint64_t id) { post({.id = id, .next = Next::kEvents}); }

void ConnectionLoop::tell(std::vector<EventText> texts) {
  {
    const MutexLock lock(mutex_);
    for (EventText& text : texts) posts_.push_back({.id = text.id, .events = std::move(text.text), .last = text.last});
  }
  wake_.fire();
}

void ConnectionLoop::take_posts() {
  wake_.clear();
  std::vector<Post> posts;
  {
    const MutexLock lock(mutex_);
    posts.swap(posts_);
  }
  for (const Post& post : posts) take_post(post);
}

void ConnectionLoop::take_post(const Post& post) {
  const auto found = sessions_.find(post.id);
  if (found == sessions_.end()) return;  // news for a stream whose client has gone
  guard(post.id, [&] {
    Session& session = *found->second;
    if (post.events == nullptr)
      after_serving(session, post.next);
    else if (session.state == State::kEvents)
      add_events(session, *post.events, post.last);
  });
}

// What fails here (memory, a limit of the system) ends one connection.
template <typename Action>
void ConnectionLoop::guard(std::uint64_t id, const Action& action) {
  try {
    action();
  } catch (const std::exception& error) {
    log::error("connection failed", {{"why", error.what()}});
    const auto found = sessions_.find(id);
    if (found != sessions_.end()) destroy(*found->second);
  }
}

// --- new connections ---

void ConnectionLoop::accept_some() {
  try {
    for (int i = 0; i < kAcceptAtOnce; ++i) {
      Accepted accepted = accept_connection(listener_.get());
      if (!accepted.socket) return;
      admit(std::move(accepted));
    }
  } catch (const Error& error) {
    log::error("connection not accepted", {{"why", error.what()}});
    poller_.change(listener_.get(), kListenerKey, 0);
    accept_again_ = Clock::now() + kPauseWithoutDescriptors;
  }
}

void ConnectionLoop::admit(Accepted accepted) {
  const std::uint64_t id = ++last_id_;
  auto session =
      std::make_unique<Session>(id, std::move(accepted.socket), accepted.peer, options_, threads_.bodies_wait());
  const auto place = sessions_.emplace(id, std::move(session)).first;
  guard(id, [&] { begin(*place->second); });
}

void ConnectionLoop::begin(Session& session) {
  if (sessions_.size() - turned_away_ > static_cast<std::size_t>(options_.max_connections)) {
    return turn_away(session, "The server has no connection left.");
  }
  session.counted = addresses_.try_add(session.peer);
  if (session.counted) return advance(session);
  turn_away(session, "Your address has " + std::to_string(options_.max_connections_per_address) +
                         " connections, which is the limit for one.");
}

void ConnectionLoop::turn_away(Session& session, std::string reason) {
  if (turned_away_ == kTurnedAwayAtOnce) return destroy(session);
  session.turned_away = true;
  ++turned_away_;
  refuse(session, {.code = "too_many_connections", .detail = std::move(reason), .retry_after_s = 5});
}

// --- what clients send ---

void ConnectionLoop::on_event(const epoll_event& event) {
  if (event.data.u64 == kWakeKey) return;  // `take_posts` comes next
  if (event.data.u64 == kListenerKey) return accept_some();
  const auto found = sessions_.find(event.data.u64);
  if (found == sessions_.end()) return;
  guard(event.data.u64, [&] { on_session_event(*found->second, event.events); });
}

void ConnectionLoop::on_session_event(Session& session, std::uint32_t events) {
  switch (session.state) {
    case State::kNew:
    case State::kServing: return;
    case State::kIdle:
    case State::kHead:
    case State::kBody:
    case State::kLinger: return on_readable(session);
    case State::kWrite: return submit(session, Lane::kRequest);
    case State::kEvents:
      if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return destroy(session);
      return send_events(session);
  }
}

void ConnectionLoop::on_readable(Session& session) {
  const auto received = session.connection.receive(scratch_);
  if (received == Connection::Received::kNothing) return;
  if (session.state == State::kLinger) session.connection.discard();
  if (received == Connection::Received::kEnd) {
    // A body that ends early is still answered.
    return session.state == State::kBody ? submit(session, Lane::kRequest) : destroy(session);
  }
  if (session.state == State::kLinger) return;
  account(session, session.connection.buffered_bytes());
  if (buffered_bytes_ > kMaxBufferedBytes && session.accounted_bytes > kAlwaysBufferedBytes) {
    return refuse(session, {.code = "unavailable",
                            .detail = "The server holds too many requests that have not come whole.",
                            .retry_after_s = 10});
  }
  if (session.state == State::kBody)
    await_or_submit(session);
  else
    advance(session);
}

// Looks for the next request in what was received.
void ConnectionLoop::advance(Session& session) {
  auto next = session.connection.next_head();
  if (const auto* problem = std::get_if<Problem>(&next)) return refuse(session, *problem);
  if (auto* head = std::get_if<RequestHead>(&next)) {
    session.head = std::move(*head);
    return begin_request(session);
  }
  const State state = session.connection.idle() ? State::kIdle : State::kHead;
  if (state == State::kIdle && draining_) return destroy(session);
  if (state != session.state) {
    session.state = state;
    set_deadline(session, Clock::now() + (state == State::kIdle ? options_.idle_timeout : options_.head_timeout));
  }
  account(session, session.connection.buffered_bytes());
  watch(session, EPOLLIN);
}

void ConnectionLoop::begin_request(Session& session) {
  session.arrival = ++last_arrival_;
  const auto plan = handler_.plan(session.head);
  session.lane = plan.lane;
  if (!plan.await_body) return submit(session, plan.lane);
  const std::string_view interim = session.connection.take_continue();
  if (!interim.empty() &&
      Outgoing(std::string(interim), std::nullopt).send(session.connection.socket()) != Outgoing::Progress::kDone) {
    return destroy(session);
  }
  session.state = State::kBody;
  set_deadline(session, Clock::now() + options_.body_rate_window);
  await_or_submit(session);
}

void ConnectionLoop::await_or_submit(Session& session) {
  switch (session.connection.body_state()) {
    case Connection::BodyState::kMissing: return watch(session, EPOLLIN);
    case Connection::BodyState::kBegun: return submit(session, Lane::kBody);
    case Connection::BodyState::kWhole: return submit(session, session.lane);
  }
}

// --- requests at work ---

void ConnectionLoop::submit(Session& session, Lane lane) {
  watch(session, 0);
  account(session, 0);
  session.state = State::kServing;
  set_deadline(session, Clock::now() + options_.request_wait);
  threads_.submit(lane, session.id, [this, &session, id = session.id] {
    const Next next = handler_.serve(session);
    if (next != Next::kEvents) post({.id = id, .next = next});
  });
}

void ConnectionLoop::after_serving(Session& session, Next next) {
  session.state = State::kNew;
  session.head = RequestHead();
  switch (next) {
    case Next::kRequest: session.write_window_end = Session::kNever; return advance(session);
    case Next::kWrite: return await_write(session);
    case Next::kLinger: return linger(session);
    case Next::kEnd: return destroy(session);
    case Next::kEvents:
      session.state = State::kEvents;
      return draining_ ? add_events(session, "", /*last=*/true) : send_events(session);
  }
}

void ConnectionLoop::await_write(Session& session) {
  session.state = State::kWrite;
  if (session.write_window_end == Session::kNever) {
    session.write_window_end = Clock::now() + options_.write_timeout;
    session.write_window_begin_bytes = session.outgoing.sent_bytes();
  }
  set_deadline(session, session.write_window_end);
  watch(session, EPOLLOUT);
}

// The client took less than the least rate since the window began; else the next window begins.
bool ConnectionLoop::write_too_slow(Session& session) {
  const auto least =
      options_.min_answer_bytes_per_second * static_cast<std::uint64_t>(options_.write_timeout.count()) / 1000;
  if (session.outgoing.sent_bytes() - session.write_window_begin_bytes < least) return true;
  session.write_window_end = Session::kNever;
  return false;
}

// --- event streams ---

void ConnectionLoop::add_events(Session& session, std::string_view text, bool last) {
  if (session.events_ended) return;
  Outgoing& outgoing = session.outgoing;
  if (outgoing.waiting_bytes() > 0 && outgoing.waiting_bytes() + text.size() > kMaxEventBacklogBytes) {
    log::info("event stream of a slow client ended", {{"waiting_bytes", outgoing.waiting_bytes()}});
    return break_off(session);
  }
  outgoing.append(event_chunk(text, session.chunked_events));
  if (last && session.chunked_events) outgoing.append("0\r\n\r\n");
  if (last) session.write_window_end = Session::kNever;
  session.events_ended = last;
  send_events(session);
}

void ConnectionLoop::send_events(Session& session) {
  switch (session.outgoing.send(session.connection.socket())) {
    case Outgoing::Progress::kFailed: return destroy(session);
    case Outgoing::Progress::kDone:
      if (session.events_ended) return linger(session);
      session.write_window_end = Session::kNever;
      set_deadline(session, Session::kNever);
      return watch(session, EPOLLRDHUP);
    case Outgoing::Progress::kBlocked:
      if (session.write_window_end == Session::kNever) {
        session.write_window_end = Clock::now() + (session.events_ended ? kLingerTime : options_.write_timeout);
        session.write_window_begin_bytes = session.outgoing.sent_bytes();
        set_deadline(session, session.write_window_end);
      }
      return watch(session, EPOLLRDHUP | EPOLLOUT);
  }
}

// --- ends ---

void ConnectionLoop::refuse(Session& session, const Problem& problem) {
  session.outgoing = Outgoing(handler_.refusal(problem), std::nullopt);
  if (session.outgoing.send(session.connection.socket()) != Outgoing::Progress::kDone) return destroy(session);
  linger(session);
}

// Lets the client read the last answer: with unread input a plain close would reset it (RFC 9112, 9.6).
void ConnectionLoop::linger(Session& session) {
  if (session.state == State::kEvents) handler_.events_ended(session.id);
  session.state = State::kLinger;
  const int socket = session.connection.socket();
  if (::shutdown(socket, SHUT_WR) != 0) return destroy(session);
  session.connection.discard();
  session.outgoing = Outgoing();
  account(session, 0);
  if (draining_) {
    while (session.connection.receive(scratch_) == Connection::Received::kData) session.connection.discard();
    return destroy(session);
  }
  set_deadline(session, Clock::now() + kLingerTime);
  watch(session, EPOLLIN);
}

void ConnectionLoop::break_off(Session& session) {
  session.connection.break_off();
  destroy(session);
}

void ConnectionLoop::destroy(Session& session) {
  if (session.state == State::kEvents) handler_.events_ended(session.id);
  set_deadline(session, Session::kNever);
  watch(session, 0);
  account(session, 0);
  if (session.counted) addresses_.remove(session.peer);
  if (session.turned_away) --turned_away_;
  sessions_.erase(session.id);
}

// --- time ---

ConnectionLoop::TimePoint ConnectionLoop::next_deadline() const {
  const TimePoint first = deadlines_.empty() ? Session::kNever : deadlines_.begin()->first;
  const TimePoint end = Clock::now() + std::chrono::minutes(1);
  return std::min({first, accept_again_, grace_end_, end});
}

void ConnectionLoop::expire() {
  const TimePoint now = Clock::now();
  if (accept_again_ <= now) {
    accept_again_ = Session::kNever;
    if (listener_) poller_.change(listener_.get(), kListenerKey, EPOLLIN);
  }
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Session& session = *sessions_.at(deadlines_.begin()->second);
    set_deadline(session, Session::kNever);
    guard(session.id, [&] { on_deadline(session); });
  }
}

void ConnectionLoop::on_deadline(Session& session) {
  switch (session.state) {
    case State::kHead:
      return refuse(session, {.code = "request_timeout", .detail = "The request head did not come in time."});
    case State::kBody:
      return refuse(session, {.code = "request_timeout", .detail = "The request body came too slowly."});
    case State::kServing:
      if (!threads_.try_withdraw(session.id)) return;
      // What has been answered in part cannot be refused any more.
      if (session.answering) return destroy(session);
      return refuse(session, {.code = "unavailable", .detail = "The server is busy.", .retry_after_s = 10});
    case State::kWrite: return write_too_slow(session) ? break_off(session) : await_write(session);
    case State::kEvents: return write_too_slow(session) ? break_off(session) : send_events(session);
    case State::kNew:
    case State::kIdle:
    case State::kLinger: return destroy(session);
  }
}

void ConnectionLoop::set_deadline(Session& session, TimePoint deadline) {
  if (session.deadline != Session::kNever) deadlines_.erase({session.deadline, session.id});
  session.deadline = deadline;
  if (deadline != Session::kNever) deadlines_.emplace(deadline, session.id);
}

void ConnectionLoop::watch(Session& session, std::uint32_t events) {
  const int socket = session.connection.socket();
  if (events == session.watched) return;
  if (events == 0)
    poller_.remove(socket);
  else if (session.watched == 0)
    poller_.add(socket, session.id, events);
  else
    poller_.change(socket, session.id, events);
  session.watched = events;
}

void ConnectionLoop::account(Session& session, std::size_t bytes) {
  buffered_bytes_ = buffered_bytes_ - session.accounted_bytes + bytes;
  session.accounted_bytes = bytes;
}

// --- shutdown ---

std::vector<std::uint64_t> ConnectionLoop::all_ids() const {
  std::vector<std::uint64_t> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_) ids.push_back(id);
  return ids;
}

void ConnectionLoop::begin_drain() {
  draining_ = true;
  grace_end_ = Clock::now() + options_.shutdown_grace;
  accept_again_ = Session::kNever;
  poller_.remove(listener_.get());
  listener_.reset();
  for (const std::uint64_t id : all_ids()) {
    Session& session = *sessions_.at(id);
    if (session.state == State::kIdle || session.state == State::kLinger)
      destroy(session);
    else if (session.state == State::kEvents)
      add_events(session, "", /*last=*/true);
  }
}

void ConnectionLoop::cut_off() {
  if (!sessions_.empty()) log::warning("connections cut off", {{"count", sessions_.size()}});
  for (const auto& [id, session] : sessions_) ::shutdown(session->connection.socket(), SHUT_RDWR);
  threads_.finish();
  for (const std::uint64_t id : all_ids()) destroy(*sessions_.at(id));
}

}  // namespace voxlate::http
