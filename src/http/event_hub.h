#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http/api.h"
#include "http/connection_loop.h"

namespace voxlate::http {

/// Tells the changes of the feed to any number of event streams (server-sent events), on one thread: a change is
/// read and written out once, for all. An event's id is "<process>-<sequence>": a client that comes back to
/// another process gets a snapshot, not a continuation that has holes. Thread-safe.
class EventHub {
 public:
  using Tell = std::function<void(std::vector<EventText>)>;

  /// `api` is borrowed; `tell` is called from the hub's thread and the callers of `join`.
  EventHub(const Api& api, Tell tell);

  /// Takes a stream in. `begin` gets what it starts with (a snapshot, or what the client has missed) before
  /// anything is told to it; it must not call the hub. A stream that has nothing to come is ended at once.
  void join(std::uint64_t id, const EventSubscription& subscription, const std::function<void(std::string)>& begin);

  /// The client is gone.
  void leave(std::uint64_t id);

  /// No news any more; the thread has ended when it returns.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  struct Stream {
    EventSubscription subscription;
    std::uint64_t after = 0;  ///< what it was told last
    Clock::time_point told_at{};
  };

  /// An event, written out.
  struct Event {
    std::uint64_t sequence = 0;
    std::string job_id;
    std::string owner;
    std::shared_ptr<const std::string> text;
    bool deleted = false;
  };

  /// The state of things, as events.
  struct Snapshot {
    std::uint64_t sequence = 0;
    std::string text;
    bool found = true;  ///< false: there is no such job any more
  };

  Snapshot take_snapshot(const ChangeFeed::Interest& interest) const;
  std::vector<Event> write_out(const std::vector<Change>& changes) const;
  std::string job_event(const Job& job, std::uint64_t sequence) const;
  std::string event(std::string_view kind, std::string_view data, std::uint64_t sequence) const;

  void work(const std::stop_token& stop);
  void tell_changes(const ChangeFeed::Batch& batch);
  void tell_snapshots(std::uint64_t sequence);
  void tell_alive();
  void end_disallowed();
  void end_all(std::uint64_t sequence);
  bool nobody_waits(std::uint64_t sequence);

  const Api& api_;
  const Tell tell_;

  Mutex mutex_;
  std::map<std::uint64_t, Stream> streams_ GUARDED_BY(mutex_);
  Clock::time_point asked_at_{};           ///< of the thread alone: when it was last seen who may still listen
  std::uint64_t told_ GUARDED_BY(mutex_);  ///< the last change that all streams of that time were told
  std::jthread thread_;
};

}  // namespace voxlate::http
