#include "http/system_events.h"

#include "base/log.h"
#include "http/performance_json.h"

namespace voxlate::http {
namespace {

constexpr std::chrono::milliseconds kEvery{1000};

}  // namespace

SystemEvents::SystemEvents(const Api& api, Tell tell)
    : api_(api), tell_(std::move(tell)), thread_([this](const std::stop_token& stop) { work(stop); }) {}

void SystemEvents::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

std::string SystemEvents::event() const {
  return "event: system\ndata: " + system_event_json(api_.services.status()) + "\n\n";
}

void SystemEvents::join(std::uint64_t id, const EventSubscription& subscription,
                        const std::function<void(std::string)>& begin) {
  std::string text = "retry: 2000\n\n" + event();
  const MutexLock lock(mutex_);
  begin(std::move(text));
  streams_.emplace(id, subscription);
  joined_.notify_one();
}

void SystemEvents::leave(std::uint64_t id) {
  const MutexLock lock(mutex_);
  streams_.erase(id);
}

void SystemEvents::work(const std::stop_token& stop) {
  while (wait_for_streams(stop)) {
    try {
      tell_all();
    } catch (const std::exception& error) {
      // The clients come back.
      log::error("system event streams ended", {{"why", error.what()}});
      end_all();
    }
  }
}

/// Until there is a stream, and then a second. False after a stop.
bool SystemEvents::wait_for_streams(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  joined_.wait(mutex_, stop, [this]() REQUIRES(mutex_) { return !streams_.empty(); });
  joined_.wait_for(mutex_, stop, kEvery, [] { return false; });
  return !stop.stop_requested();
}

// Whether a stream is still allowed is asked without the lock: the answer takes a look into the database.
void SystemEvents::tell_all() {
  std::map<std::uint64_t, EventSubscription> streams;
  {
    const MutexLock lock(mutex_);
    streams = streams_;
  }
  const auto text = std::make_shared<const std::string>(event());
  const auto nothing = std::make_shared<const std::string>();
  std::vector<EventText> texts;
  for (const auto& [id, subscription] : streams) {
    const bool allowed = !subscription.still_allowed || subscription.still_allowed();
    texts.push_back({.id = id, .text = allowed ? text : nothing, .last = !allowed});
  }
  const MutexLock lock(mutex_);
  for (const EventText& one : texts) {
    if (one.last) streams_.erase(one.id);
  }
  tell_(std::move(texts));
}

void SystemEvents::end_all() {
  std::vector<EventText> texts;
  const MutexLock lock(mutex_);
  for (const auto& [id, subscription] : streams_) {
    texts.push_back({.id = id, .text = std::make_shared<const std::string>(), .last = true});
  }
  streams_.clear();
  tell_(std::move(texts));
}

}  // namespace voxlate::http
