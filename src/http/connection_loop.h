#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "http/address_counts.h"
#include "http/poller.h"
#include "http/request_threads.h"
#include "http/session.h"
#include "http/socket.h"

namespace voxlate::http {

/// What becomes of a connection when a request thread lets go of it.
enum class Next {
  kRequest,  ///< the answer is sent, the next request may come
  kWrite,    ///< serve again when the client takes more of the answer
  kLinger,   ///< the answer is sent and was the last
  kEvents,   ///< `begin_events` was called
  kEnd,      ///< nothing can be sent any more
};

/// What the loop does not know itself. The functions must not throw.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  struct Plan {
    Lane lane = Lane::kRequest;
    bool await_body = false;  ///< the route wants the body; else it may answer before it comes
  };
  virtual Plan plan(const RequestHead& head) = 0;

  /// Answers, or goes on answering, on a request thread.
  virtual Next serve(Session& session) = 0;

  /// The whole answer to what never becomes a request; it says that the connection is closed.
  virtual std::string refusal(const Problem& problem) = 0;

  /// The client of an event stream is gone.
  virtual void events_ended(std::uint64_t id) = 0;
};

/// News for an event stream; `last` ends it.
struct EventText {
  std::uint64_t id = 0;
  std::shared_ptr<const std::string> text{};
  bool last = false;
};

/// The text as it goes over the wire: one chunk (RFC 9112, 7.1), or as it is.
std::string event_chunk(std::string_view text, bool chunked);

/// Owns all sockets and waits for them on one thread, the caller of `run`: while a head or the begin of a body
/// arrives, while a client does not take its answer, between requests and while there is no news for an event
/// stream, a client costs no thread and no more memory than it has sent. Requests go to the request threads when
/// they can be worked on. Nothing here waits for a client or a disk.
///
///        accept      head there       body there        answered, or the client is slow to take it
///   kNew -> kIdle -> kHead -> kBody -> kServing -> kIdle | kWrite -> kServing | kEvents | kLinger
class ConnectionLoop {
 public:
  /// All are borrowed.
  ConnectionLoop(const Options& options, RequestHandler& handler, RequestThreads& threads);

  /// Until `draining` is requested and no connection is left, or the grace is over. Request threads have
  /// ended when it returns.
  void run(UniqueFd listener, const std::stop_token& draining);

  /// The session, which a request thread holds, is an event stream from now on. Thread-safe.
  void begin_events(std::uint64_t id);

  /// Sends texts to event streams; those that are gone are skipped. Thread-safe.
  void tell(std::vector<EventText> texts);

 private:
  using Clock = std::chrono::steady_clock;
  using State = Session::State;
  using TimePoint = Session::TimePoint;

  /// What other threads have to say.
  struct Post {
    std::uint64_t id = 0;
    Next next = Next::kEnd;
    std::shared_ptr<const std::string> events{};  ///< null: a session comes back; else news for it
    bool last = false;
  };

  void post(Post post);
  void take_posts();
  void take_post(const Post& post);
  template <typename Action>
  void guard(std::uint64_t id, const Action& action);

  void accept_some();
  void admit(Accepted accepted);
  void begin(Session& session);
  void turn_away(Session& session, std::string reason);

  void on_event(const epoll_event& event);
  void on_session_event(Session& session, std::uint32_t events);
  void on_readable(Session& session);
  void advance(Session& session);
  void begin_request(Session& session);
  void await_or_submit(Session& session);
  void submit(Session& session, Lane lane);
  void after_serving(Session& session, Next next);
  void await_write(Session& session);
  void add_events(Session& session, std::string_view text, bool last);
  void send_events(Session& session);
  void refuse(Session& session, const Problem& problem);
  void linger(Session& session);
  void break_off(Session& session);
  void destroy(Session& session);

  void expire();
  void on_deadline(Session& session);
  bool write_too_slow(Session& session);
  TimePoint next_deadline() const;
  void set_deadline(Session& session, TimePoint deadline);
  void watch(Session& session, std::uint32_t events);
  void account(Session& session, std::size_t bytes);
  std::vector<std::uint64_t> all_ids() const;

  void begin_drain();
  void cut_off();

  const Options& options_;
  RequestHandler& handler_;
  RequestThreads& threads_;

  WakeUp wake_;
  Mutex mutex_;
  std::vector<Post> posts_ GUARDED_BY(mutex_);

  // The loop's thread only.
  Poller poller_;
  UniqueFd listener_;
  TimePoint accept_again_ = Session::kNever;  ///< when the listener is looked at again
  AddressCounts addresses_;
  std::uint64_t last_id_;
  std::uint64_t last_arrival_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Session>> sessions_;
  std::set<std::pair<TimePoint, std::uint64_t>> deadlines_;
  std::vector<char> scratch_;
  std::size_t buffered_bytes_ = 0;  ///< held for clients whose requests have not come whole
  std::size_t turned_away_ = 0;     ///< of `sessions_`: those that are only told that they were too many
  bool draining_ = false;
  TimePoint grace_end_ = Session::kNever;
};

}  // namespace voxlate::http
