#include "base/change_feed.h"

namespace voxlate {

void ChangeFeed::publish(ChangeKind kind, std::string_view job_id, std::string_view owner, std::string payload) {
  {
    const MutexLock lock(mutex_);
    changes_.push_back({.sequence = ++newest_,
                        .kind = kind,
                        .job_id = std::string(job_id),
                        .owner = std::string(owner),
                        .payload = std::move(payload)});
    if (changes_.size() > capacity_) changes_.pop_front();
  }
  changed_.notify_all();
}

ChangeFeed::Batch ChangeFeed::collect(std::uint64_t after, const Interest& interest) const {
  Batch batch{.changes = {}, .next = newest_, .missed = after > newest_};
  if (!changes_.empty() && after + 1 < changes_.front().sequence) batch.missed = true;
  if (batch.missed) return batch;
  // Sequences grow by one, so the first new one is found without a search.
  const std::uint64_t seen = changes_.empty() ? 0 : after + 1 - changes_.front().sequence;
  for (std::uint64_t i = seen; i < changes_.size(); ++i) {
    if (interest.matches(changes_[i].job_id, changes_[i].owner)) batch.changes.push_back(changes_[i]);
  }
  return batch;
}

ChangeFeed::Batch ChangeFeed::wait(std::uint64_t after, const Interest& interest, std::chrono::milliseconds timeout,
                                   std::stop_token stop) NO_THREAD_SAFETY_ANALYSIS {
  const MutexLock lock(mutex_);
  Batch batch = collect(after, interest);
  changed_.wait_for(mutex_, stop, timeout, [&]() NO_THREAD_SAFETY_ANALYSIS {
    batch = collect(after, interest);
    return batch.missed || !batch.changes.empty();
  });
  return batch;
}

std::uint64_t ChangeFeed::newest() const {
  const MutexLock lock(mutex_);
  return newest_;
}

}  // namespace voxlate
