#include "jobs/webhook_sender.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kGone = 410;
constexpr double kJitter = 0.2;

// Between one attempt and the next, as Standard Webhooks recommends.
constexpr std::array<milliseconds, 9> kDelays = {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
                                                 hours(10),  hours(14),  hours(20),   hours(24)};

double dice() {
  std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

/// Keeps an address from being asked by two threads.
class BusyUrl {
 public:
  BusyUrl(Mutex& mutex, std::set<std::string>& urls, std::string url)
      : mutex_(mutex), urls_(urls), url_(std::move(url)) {}
  ~BusyUrl() {
    const MutexLock lock(mutex_);
    urls_.erase(url_);
  }
  BusyUrl(const BusyUrl&) = delete;
  BusyUrl& operator=(const BusyUrl&) = delete;

 private:
  Mutex& mutex_;
  std::set<std::string>& urls_;
  const std::string url_;
};

void log_attempt(const WebhookDelivery& delivery, const DeliveryOutcome& outcome) {
  const bool delivered = outcome.error.empty();
  log::write(delivered ? log::Level::kInfo : log::Level::kWarning,
             delivered           ? "webhook delivered"
             : outcome.disable   ? "webhook disabled"
             : !outcome.retry_at ? "webhook given up"
                                 : "webhook failed",
             {{"message_id", delivery.id},
              {"job_id", delivery.job_id},
              {"attempt", delivery.attempt + 1},
              {"status", outcome.status},
              {"why", outcome.error}});
}

}  // namespace

std::optional<milliseconds> webhook_delay(int attempt, double dice) {
  if (attempt < 1 || attempt > static_cast<int>(kDelays.size())) return std::nullopt;
  const milliseconds delay = kDelays[static_cast<std::size_t>(attempt - 1)];
  const double factor = 1 + kJitter * (2 * dice - 1);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(delay.count()) * factor));
}

DeliveryOutcome judge(const WebhookSender::Answer& answer, int attempt, double dice, TimePoint now) {
  DeliveryOutcome outcome{.status = answer.status, .error = {}, .retry_at = {}};
  if (answer.status >= 200 && answer.status < 300) return outcome;
  outcome.error = answer.status == 0 ? answer.error : "HTTP status " + std::to_string(answer.status);
  if (outcome.error.empty()) outcome.error = "no answer";
  if (answer.status == kGone) {
    outcome.error = "HTTP status 410: nobody wants these messages any more";
    outcome.disable = true;
    return outcome;
  }
  const auto delay = webhook_delay(attempt, dice);
  if (!delay) {
    outcome.error = "no success in " + std::to_string(attempt) + " attempts, the last: " + outcome.error;
    outcome.disable = true;
    return outcome;
  }
  outcome.retry_at = now + std::max<milliseconds>(*delay, answer.retry_after);
  return outcome;
}

WebhookSender::WebhookSender(Options options, WebhookStore& store, const Clock& clock, Post post)
    : options_(options),
      store_(store),
      clock_(clock),
      post_(std::move(post)),
      pruning_("webhook log", options_.prune_interval, [this](const std::stop_token&) { prune(); }) {
  for (int thread = 0; thread < options_.connections; ++thread) {
    threads_.emplace_back("webhooks", options_.poll_interval, [this](const std::stop_token& stop) {
      while (!stop.stop_requested() && send_one(stop)) {
      }
    });
  }
  poke();
}

void WebhookSender::poke() {
  for (Ticker& thread : threads_) thread.poke();
}

bool WebhookSender::send_one(const std::stop_token& stop) {
  std::optional<DueDelivery> due;
  std::optional<BusyUrl> busy;
  {
    const MutexLock lock(mutex_);
    due = store_.next_due(clock_.now(), {busy_urls_.begin(), busy_urls_.end()});
    if (!due) return false;
    busy_urls_.insert(due->delivery.url);
    busy.emplace(mutex_, busy_urls_, due->delivery.url);
  }
  Answer answer;
  try {
    answer = post_(make_message(*due, clock_.now()), stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) return false;  // the message stays in the outbox
    answer.error = error.what();
  }
  const DeliveryOutcome outcome = judge(answer, due->delivery.attempt + 1, dice(), clock_.now());
  log_attempt(due->delivery, outcome);
  store_.record(due->delivery.id, outcome, clock_.now());
  return true;
}

}  // namespace voxlate::jobs
