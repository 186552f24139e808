#include "jobs/attempt.h"

#include <algorithm>

#include "pipeline/stages.h"
#include "voxlate/error.h"

namespace voxlate::jobs {

Attempt::Attempt(const ClaimedJob& claimed, Options options, JobStore& store, ChangeFeed& feed, const Clock& clock)
    : job_(claimed.job),
      lease_(claimed.lease),
      options_(options),
      store_(store),
      feed_(feed),
      clock_(clock),
      last_beat_(clock.now()) {}

StopReason Attempt::stop_reason() const {
  const MutexLock lock(mutex_);
  return reason_;
}

void Attempt::stop(StopReason reason) {
  {
    const MutexLock lock(mutex_);
    if (reason_ == StopReason::kNone) reason_ = reason;
  }
  stop_.request_stop();
}

void Attempt::update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) {
  const double fraction = std::clamp(pipeline::overall_fraction(job_.spec, stage, done, total), 0.0, 1.0);
  const MutexLock lock(mutex_);
  const JobProgress next = {
      .stage = stage, .fraction = std::max(progress_.fraction, fraction), .media_done = done, .media_total = total};
  if (next == progress_) return;
  progress_ = next;
  unpublished_ = true;
  advanced_ = true;
}

std::vector<Checkpoint> Attempt::load(std::string_view stage) const {
  return store_.checkpoints(job_.id, std::string(stage));
}

void Attempt::save(const Checkpoint& checkpoint) {
  if (!store_.checkpoint(lease_, checkpoint, clock_.now())) {
    stop(StopReason::kLeaseLost);
    throw Error(ErrorCode::kCancelled, "the job is no longer this worker's");
  }
  if (checkpoint.stage == pipeline::kWindowStage)
    feed_.publish(ChangeKind::kWindow, job_.id, job_.owner, checkpoint.payload);
  const MutexLock lock(mutex_);
  advanced_ = true;
}

void Attempt::claim_work(const std::string& work_key) {
  const WorkClaim claim = store_.claim_work(lease_, work_key);
  if (claim == WorkClaim::kOwn) return;
  stop(claim == WorkClaim::kLost ? StopReason::kLeaseLost : StopReason::kOthersWork);
  throw Error(ErrorCode::kCancelled, "the work is no longer, or not yet, this worker's");
}

bool Attempt::has_stalled(TimePoint now) {
  const MutexLock lock(mutex_);
  if (advanced_) stalled_ = {};
  stalled_ += std::clamp(now - last_beat_, std::chrono::milliseconds(0), options_.lease_time);
  last_beat_ = now;
  advanced_ = false;
  return stalled_ > options_.stall_timeout;
}

void Attempt::beat() {
  const TimePoint now = clock_.now();
  JobProgress progress;
  bool publish = false;
  {
    const MutexLock lock(mutex_);
    progress = progress_;
    publish = unpublished_;
    unpublished_ = false;
  }
  switch (store_.heartbeat(lease_, progress, now, options_.lease_time)) {
    case LeaseState::kHeld: break;
    case LeaseState::kCancelRequested: stop(StopReason::kCancel); break;
    case LeaseState::kLost: stop(StopReason::kLeaseLost); break;
  }
  if (has_stalled(now)) stop(StopReason::kStalled);
  if (publish) feed_.publish(ChangeKind::kJob, job_.id, job_.owner);
}

}  // namespace voxlate::jobs
