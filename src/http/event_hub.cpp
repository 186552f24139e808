#include "http/event_hub.h"

#include <algorithm>

#include "base/log.h"
#include "http/json.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr int kSnapshotJobs = 50;
constexpr std::chrono::milliseconds kTick{1000};

EventText end_of(std::uint64_t id) { return {.id = id, .text = std::make_shared<const std::string>(), .last = true}; }

}  // namespace

EventHub::EventHub(const Api& api, Tell tell)
    : api_(api),
      tell_(std::move(tell)),
      told_(api.services.feed.newest()),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void EventHub::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

// --- what is told ---

std::string EventHub::event(std::string_view kind, std::string_view data, std::uint64_t sequence) const {
  std::string text = "id: " + api_.instance + "-" + std::to_string(sequence) + "\nevent: ";
  return text.append(kind).append("\ndata: ").append(data).append("\n\n");
}

std::string EventHub::job_event(const Job& job, std::uint64_t sequence) const {
  return event("job", job_json(job, context_of(api_, job)), sequence);
}

// The place in the feed is taken before the store is read: a change in between is sent twice, never lost.
EventHub::Snapshot EventHub::take_snapshot(const ChangeFeed::Interest& interest) const {
  Snapshot snapshot{.sequence = api_.services.feed.newest(), .text = {}};
  if (!interest.job_id.empty()) {
    const auto job = api_.services.store.get(interest.job_id);
    snapshot.found = job.has_value();
    if (job) snapshot.text = job_event(*job, snapshot.sequence);
    return snapshot;
  }
  const JobPage page = api_.services.store.list(
      {.owner = interest.owner, .state = {}, .search = {}, .after_id = {}, .limit = kSnapshotJobs});
  for (auto job = page.jobs.rbegin(); job != page.jobs.rend(); ++job)
    snapshot.text += job_event(*job, snapshot.sequence);
  return snapshot;
}

// Of several changes of a job only the last is told: a job is always told as it is now.
std::vector<EventHub::Event> EventHub::write_out(const std::vector<Change>& changes) const {
  std::map<std::string, std::uint64_t> last;
  for (const Change& change : changes) {
    if (change.kind == ChangeKind::kJob) last[change.job_id] = change.sequence;
  }
  std::vector<Event> events;
  const auto add = [&](const Change& change, std::string text) {
    events.push_back({.sequence = change.sequence,
                      .job_id = change.job_id,
                      .owner = change.owner,
                      .text = std::make_shared<const std::string>(std::move(text)),
                      .deleted = change.kind == ChangeKind::kDeleted});
  };
  for (const Change& change : changes) {
    switch (change.kind) {
      case ChangeKind::kJob: {
        if (last.at(change.job_id) != change.sequence) break;
        const auto job = api_.services.store.get(change.job_id);
        if (job) add(change, job_event(*job, change.sequence));
        break;
      }
      case ChangeKind::kWindow:
        add(change, event("segments", segments_event_json(change.job_id, change.payload), change.sequence));
        break;
      case ChangeKind::kDeleted:
        add(change, event("deleted", "{\"id\":\"" + change.job_id + "\"}", change.sequence));
        break;
    }
  }
  return events;
}

// --- streams come and go ---

void EventHub::join(std::uint64_t id, const EventSubscription& subscription,
                    const std::function<void(std::string)>& begin) {
  Stream stream{.subscription = subscription, .after = subscription.after.value_or(0), .told_at = Clock::now()};
  std::string text = "retry: 2000\n\n";
  bool ended = false;
  const auto add_snapshot = [&] {
    Snapshot snapshot = take_snapshot(subscription.interest);
    text += snapshot.text;
    stream.after = snapshot.sequence;
    ended = !snapshot.found;
  };
  if (!subscription.after) add_snapshot();
  while (true) {
    // The store is read without the lock; what came in between is told in the next round.
    const auto batch = api_.services.feed.wait(stream.after, subscription.interest, std::chrono::milliseconds(0), {});
    if (batch.missed && !ended) {
      add_snapshot();
      continue;
    }
    for (const Event& event : write_out(batch.changes)) {
      if (ended) break;
      text += *event.text;
      ended = event.deleted && !subscription.interest.job_id.empty();
    }
    stream.after = std::max(stream.after, batch.next);
    const MutexLock lock(mutex_);
    if (!ended && told_ > stream.after) continue;
    begin(std::move(text));
    if (ended)
      tell_({end_of(id)});
    else
      streams_.emplace(id, std::move(stream));
    return;
  }
}

void EventHub::leave(std::uint64_t id) {
  const MutexLock lock(mutex_);
  streams_.erase(id);
}

// True when there is nobody to be told what came up to `sequence`; who joins later sees to it himself.
bool EventHub::nobody_waits(std::uint64_t sequence) {
  const MutexLock lock(mutex_);
  if (streams_.empty()) told_ = std::max(told_, sequence);
  return streams_.empty();
}

// --- the thread ---

void EventHub::work(const std::stop_token& stop) {
  const auto tick = std::min(kTick, api_.options.event_keep_alive);
  std::uint64_t after = 0;
  {
    const MutexLock lock(mutex_);
    after = told_;
  }
  while (!stop.stop_requested()) {
    const auto batch = api_.services.feed.wait(after, /*interest=*/{}, tick, stop);
    after = batch.next;
    try {
      if (nobody_waits(after)) continue;
      if (batch.missed)
        tell_snapshots(after);
      else
        tell_changes(batch);
      end_disallowed();
      tell_alive();
    } catch (const std::exception& error) {
      // The clients come back and go on where they were.
      log::error("event streams ended", {{"why", error.what()}});
      end_all(after);
    }
  }
}

void EventHub::tell_changes(const ChangeFeed::Batch& batch) {
  const std::vector<Event> events = write_out(batch.changes);
  std::vector<EventText> texts;
  const MutexLock lock(mutex_);
  for (auto place = streams_.begin(); place != streams_.end();) {
    auto& [id, stream] = *place;
    bool ended = false;
    for (const Event& event : events) {
      const bool wanted = stream.subscription.interest.matches(event.job_id, event.owner);
      if (!wanted || event.sequence <= stream.after || ended) continue;
      ended = event.deleted && !stream.subscription.interest.job_id.empty();
      texts.push_back({.id = id, .text = event.text, .last = ended});
      stream.told_at = Clock::now();
    }
    stream.after = std::max(stream.after, batch.next);
    place = ended ? streams_.erase(place) : std::next(place);
  }
  told_ = std::max(told_, batch.next);
  if (!texts.empty()) tell_(std::move(texts));
}

// This thread fell behind what the feed keeps.
void EventHub::tell_snapshots(std::uint64_t sequence) {
  std::map<ChangeFeed::Interest, Snapshot> snapshots;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, stream] : streams_) snapshots[stream.subscription.interest];
  }
  for (auto& [interest, snapshot] : snapshots) snapshot = take_snapshot(interest);
  std::vector<EventText> texts;
  const MutexLock lock(mutex_);
  for (auto place = streams_.begin(); place != streams_.end();) {
    auto& [id, stream] = *place;
    const auto found = snapshots.find(stream.subscription.interest);
    // One that joined meanwhile comes back and goes on where it was.
    if (found == snapshots.end() || !found->second.found) {
      texts.push_back(end_of(id));
      place = streams_.erase(place);
      continue;
    }
    texts.push_back({.id = id, .text = std::make_shared<const std::string>(found->second.text)});
    stream.after = found->second.sequence;
    stream.told_at = Clock::now();
    ++place;
  }
  told_ = std::max(told_, sequence);
  tell_(std::move(texts));
}

void EventHub::tell_alive() {
  const auto alive = std::make_shared<const std::string>(": alive\n\n");
  std::vector<EventText> texts;
  const auto now = Clock::now();
  const MutexLock lock(mutex_);
  for (auto& [id, stream] : streams_) {
    if (now - stream.told_at < api_.options.event_keep_alive) continue;
    texts.push_back({.id = id, .text = alive});
    stream.told_at = now;
  }
  if (!texts.empty()) tell_(std::move(texts));
}

// Asked without the lock: the answer takes a look into the database.
void EventHub::end_disallowed() {
  const auto now = Clock::now();
  if (now - asked_at_ < kTick) return;
  asked_at_ = now;
  std::vector<std::pair<std::uint64_t, std::function<bool()>>> questions;
  {
    const MutexLock lock(mutex_);
    for (const auto& [id, stream] : streams_) questions.emplace_back(id, stream.subscription.still_allowed);
  }
  std::vector<EventText> texts;
  for (const auto& [id, still_allowed] : questions) {
    if (still_allowed && !still_allowed()) texts.push_back(end_of(id));
  }
  if (texts.empty()) return;
  const MutexLock lock(mutex_);
  for (const EventText& text : texts) streams_.erase(text.id);
  tell_(std::move(texts));
}

void EventHub::end_all(std::uint64_t sequence) {
  std::vector<EventText> texts;
  const MutexLock lock(mutex_);
  for (const auto& [id, stream] : streams_) texts.push_back(end_of(id));
  streams_.clear();
  told_ = std::max(told_, sequence);
  tell_(std::move(texts));
}

}  // namespace voxlate::http
