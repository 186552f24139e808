#include "jobs/job_runner.h"

#include <algorithm>
#include <exception>
#include <new>

#include "base/log.h"
#include "jobs/attempt.h"
#include "voxlate/error.h"

namespace voxlate::jobs {
namespace {

JobError to_job_error(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return {.code = ours->code(), .message = ours->what()};
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {.code = ErrorCode::kOutOfMemory, .message = "not enough memory"};
  }
  return {.code = ErrorCode::kInternal, .message = error.what()};
}

/// A number in [0, 1) that differs from attempt to attempt: lease tokens are random.
double dice(const Lease& lease) {
  constexpr std::size_t kFaces = 1000;
  return static_cast<double>(std::hash<std::string>{}(lease.token) % kFaces) / static_cast<double>(kFaces);
}

/// One line, whatever the message holds.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

}  // namespace

/// Makes an attempt reachable for the heartbeat while it runs.
class JobRunner::Registration {
 public:
  Registration(JobRunner& runner, Attempt& attempt) : runner_(runner), attempt_(attempt) {
    const MutexLock lock(runner_.attempts_mutex_);
    runner_.attempts_.push_back(&attempt_);
    runner_.active_ = static_cast<int>(runner_.attempts_.size());
    if (runner_.stop_running_) attempt_.stop(StopReason::kShutdown);
  }
  ~Registration() {
    const MutexLock lock(runner_.attempts_mutex_);
    std::erase(runner_.attempts_, &attempt_);
    runner_.active_ = static_cast<int>(runner_.attempts_.size());
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  JobRunner& runner_;
  Attempt& attempt_;
};

/// Says when a job that fitted has ended.
class JobRunner::Promise {
 public:
  Promise(const Admission& admission, const Job& job) : admission_(admission), job_(job) {}
  ~Promise() { admission_.ended(job_); }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

 private:
  const Admission& admission_;
  const Job& job_;
};

JobRunner::JobRunner(Options options, JobStore& store, ChangeFeed& feed, const Clock& clock, RunJob run_job,
                     Admission admission)
    : options_(std::move(options)),
      store_(store),
      feed_(feed),
      clock_(clock),
      run_job_(std::move(run_job)),
      admission_(std::move(admission)),
      heartbeat_("heartbeat", options_.heartbeat_interval, [this](const std::stop_token&) { beat_all(); }) {
  for (int worker = 0; worker < options_.workers + options_.brief_workers; ++worker) {
    const bool only_brief = worker >= options_.workers;
    threads_.emplace_back([this, only_brief](std::stop_token stop) { work(only_brief, std::move(stop)); });
  }
}

JobRunner::~JobRunner() {
  stop_taking();
  stop_running();
}

void JobRunner::wake() {
  wake_workers();
  heartbeat_.poke();
}

void JobRunner::wake_workers() {
  {
    const MutexLock lock(wake_mutex_);
    ++wakes_;
  }
  woken_.notify_all();
}

void JobRunner::stop_taking() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void JobRunner::stop_running() {
  const MutexLock lock(attempts_mutex_);
  stop_running_ = true;
  for (Attempt* attempt : attempts_) attempt->stop(StopReason::kShutdown);
}

bool JobRunner::requeue_newest() {
  const MutexLock lock(attempts_mutex_);
  for (auto attempt = attempts_.rbegin(); attempt != attempts_.rend(); ++attempt) {
    if ((*attempt)->stop_reason() != StopReason::kNone) continue;
    (*attempt)->stop(StopReason::kMemory);
    return true;
  }
  return false;
}

void JobRunner::beat_all() {
  const MutexLock lock(attempts_mutex_);
  for (Attempt* attempt : attempts_) attempt->beat();
}

void JobRunner::work(bool only_brief, std::stop_token stop_taking) {
  FailureLog failures("job queue");
  while (!stop_taking.stop_requested()) {
    const std::uint64_t seen = wakes();
    bool took = false;
    failures.run([&] { took = take_one(only_brief, stop_taking); });
    if (took)
      wake_workers();  // other jobs may have waited for the end of this one
    else
      wait_for_work(seen, stop_taking);
  }
}

std::uint64_t JobRunner::wakes() {
  const MutexLock lock(wake_mutex_);
  return wakes_;
}

void JobRunner::wait_for_work(std::uint64_t seen, std::stop_token stop_taking) NO_THREAD_SAFETY_ANALYSIS {
  const MutexLock lock(wake_mutex_);
  woken_.wait_for(wake_mutex_, stop_taking, options_.poll_interval,
                  [&]() NO_THREAD_SAFETY_ANALYSIS { return wakes_ != seen; });
}

bool JobRunner::take_one(bool only_brief, const std::stop_token& stop_taking) {
  const std::optional<ClaimedJob> claimed =
      store_.claim_next(options_.owner, clock_.now(), options_.lease_time,
                        {.awaited = admission_.awaited(), .only_brief = only_brief, .fits = admission_.fits});
  if (!claimed) return false;
  const Promise promise(admission_, claimed->job);
  if (stop_taking.stop_requested()) {  // while it was claimed
    store_.release(claimed->lease, clock_.now());
    return false;
  }
  log::info("job started", {{"job_id", claimed->job.id}, {"attempt", claimed->job.attempt}});
  feed_.publish(ChangeKind::kJob, claimed->job.id, claimed->job.owner);
  run_attempt(*claimed);
  return true;
}

void JobRunner::run_attempt(const ClaimedJob& claimed) {
  const bool large = claimed.job.media.size_bytes > options_.large_source_bytes;
  Attempt attempt(claimed,
                  {.lease_time = options_.lease_time,
                   .stall_timeout = large ? options_.large_stall_timeout : options_.stall_timeout},
                  store_, feed_, clock_);
  std::optional<JobOutcome> outcome;
  JobError error;
  {
    const Registration registration(*this, attempt);
    try {
      outcome = run_job_(attempt.job(), attempt, attempt, attempt.stop_token());
    } catch (const std::exception& failure) {
      error = to_job_error(failure);
    }
  }
  const bool held = outcome ? finish(attempt, *outcome) : give_up(attempt, error);
  if (held) {
    feed_.publish(ChangeKind::kJob, claimed.job.id, claimed.job.owner);
  } else {
    log::warning("job lease lost: result dropped", {{"job_id", claimed.job.id}, {"attempt", claimed.job.attempt}});
  }
}

bool JobRunner::finish(const Attempt& attempt, const JobOutcome& outcome) {
  const TimePoint now = clock_.now();
  if (!store_.finish(attempt.lease(), outcome, now)) return false;
  const Job& job = attempt.job();
  const std::chrono::milliseconds wall = now - job.started_at.value_or(now);
  log::info("job finished", {{"job_id", job.id},
                             {"attempt", job.attempt},
                             {"media_ms", job.media.duration.count()},
                             {"wall_ms", wall.count()}});
  return true;
}

bool JobRunner::give_up(const Attempt& attempt, const JobError& error) {
  if (error.code != ErrorCode::kCancelled) return fail(attempt, error);
  switch (attempt.stop_reason()) {
    case StopReason::kLeaseLost: return false;
    case StopReason::kCancel:
      log::info("job cancelled", {{"job_id", attempt.job().id}});
      return store_.confirm_cancel(attempt.lease(), clock_.now());
    case StopReason::kShutdown:
      log::info("job released", {{"job_id", attempt.job().id}});
      return store_.release(attempt.lease(), clock_.now());
    case StopReason::kOthersWork:
      log::info("job waits for another one that does the same", {{"job_id", attempt.job().id}});
      return store_.release(attempt.lease(), clock_.now());
    case StopReason::kMemory:
      return fail(attempt, {.code = ErrorCode::kOutOfMemory,
                            .message = "memory ran short, and this was the job that had started last"});
    case StopReason::kStalled:
      return fail(attempt, {.code = ErrorCode::kTimeout, .message = "the job made no progress for too long"});
    case StopReason::kNone: break;
  }
  return fail(attempt, {.code = ErrorCode::kInternal, .message = "the job stopped without being asked to"});
}

bool JobRunner::fail(const Attempt& attempt, const JobError& error) {
  const Job& job = attempt.job();
  const TimePoint now = clock_.now();
  if (error.code == ErrorCode::kUnavailable && !job.upload_id.empty() && store_.await_upload(attempt.lease(), now)) {
    log::info("job awaits its upload again", {{"job_id", job.id}});
    return true;
  }
  std::optional<TimePoint> retry_at;
  if (job.attempt < max_attempts_for(options_.retry, error.code)) {
    retry_at = now + retry_delay(options_.retry, job.attempt, dice(attempt.lease()));
  }
  if (!store_.fail(attempt.lease(), error, retry_at, now)) return false;
  if (retry_at) {
    log::warning("job retry", {{"job_id", job.id},
                               {"attempt", job.attempt},
                               {"code", to_string(error.code)},
                               {"error", error.message},
                               {"delay_ms", (*retry_at - now).count()}});
  } else {
    log::error("Error in processing: " + one_line(error.message),
               {{"job_id", job.id}, {"attempt", job.attempt}, {"code", to_string(error.code)}});
  }
  return true;
}

}  // namespace voxlate::jobs
