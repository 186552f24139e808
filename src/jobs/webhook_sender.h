#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "jobs/ticker.h"
#include "jobs/webhook_message.h"
#include "voxlate/webhook_store.h"

namespace voxlate::jobs {

/// Sends what lies in the outbox until it is taken: at least once, since a message is only struck out after an answer;
/// whoever takes them tells repetitions by their id. One message at a time to one address, so that a slow one does not
/// hold up the others. Thread-safe.
class WebhookSender {
 public:
  struct Options {
    int connections = 4;  ///< at once; each has a thread
    std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
    std::chrono::milliseconds log_retention = std::chrono::days(30);
    std::chrono::milliseconds prune_interval = std::chrono::hours(1);
  };

  struct Answer {
    int status = 0;  ///< 0: there was none, and `error` says why
    std::string error;
    std::chrono::seconds retry_after{};  ///< 0: not said
  };
  /// Throws only `kCancelled`, after a stop.
  using Post = std::function<Answer(const WebhookMessage& message, const std::stop_token& stop)>;

  WebhookSender(Options options, WebhookStore& store, const Clock& clock, Post post);

  /// There may be something to send. Cheap.
  void poke();

  /// Makes one attempt, if one is due. What the threads call again and again.
  bool send_one(const std::stop_token& stop);

  /// Deletes what was settled long ago; returns how many.
  int prune() { return store_.delete_finished_before(clock_.now() - options_.log_retention); }

 private:
  const Options options_;
  WebhookStore& store_;
  const Clock& clock_;
  const Post post_;

  Mutex mutex_;
  std::set<std::string> busy_urls_ GUARDED_BY(mutex_);

  std::deque<Ticker> threads_;
  Ticker pruning_;
};

/// How long to wait after attempt number `attempt` (from 1) failed; nothing after the last one. `dice` in [0, 1] picks
/// the jitter. Pure.
std::optional<std::chrono::milliseconds> webhook_delay(int attempt, double dice);

/// What follows from an answer to attempt number `attempt`. Pure.
DeliveryOutcome judge(const WebhookSender::Answer& answer, int attempt, double dice, TimePoint now);

}  // namespace voxlate::jobs
