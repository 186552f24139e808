#pragma once

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

/// Tells any number of event streams each second how the machine and the server do, on one thread, which sleeps while
/// there is none: what is told is written out once, for all. There is nothing to catch up on: who comes back goes on
/// with the present. Thread-safe.
class SystemEvents {
 public:
  using Tell = std::function<void(std::vector<EventText>)>;

  /// `api` is borrowed; `tell` is called from the thread.
  SystemEvents(const Api& api, Tell tell);

  /// Takes a stream in. `begin` gets what it starts with before anything is told to it.
  void join(std::uint64_t id, const EventSubscription& subscription, const std::function<void(std::string)>& begin);

  /// The client is gone, or was none of these.
  void leave(std::uint64_t id);

  /// No news any more; the thread has ended when it returns.
  void stop();

 private:
  void work(const std::stop_token& stop);
  std::string event() const;
  void tell_all();
  void end_all();
  bool wait_for_streams(const std::stop_token& stop);

  const Api& api_;
  const Tell tell_;

  Mutex mutex_;
  ConditionVariable joined_;
  std::map<std::uint64_t, EventSubscription> streams_ GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace voxlate::http
