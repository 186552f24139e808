#include "jobs/job_rescuer.h"

#include "base/log.h"

namespace voxlate::jobs {

JobRescuer::JobRescuer(Options options, JobStore& store, ChangeFeed& feed, const Clock& clock,
                       std::function<void()> on_requeued)
    : options_(std::move(options)),
      store_(store),
      feed_(feed),
      clock_(clock),
      on_requeued_(std::move(on_requeued)),
      ticker_("job rescue", options_.interval, [this](const std::stop_token&) { rescue(); }) {
  rescue();
}

int JobRescuer::rescue() {
  const std::vector<OwnedJob> jobs = store_.requeue_orphans(options_.owner, options_.max_crashes, clock_.now());
  for (const OwnedJob& job : jobs) {
    log::warning("job rescued from a lost worker", {{"job_id", job.id}});
    feed_.publish(ChangeKind::kJob, job.id, job.owner);
  }
  if (!jobs.empty()) on_requeued_();
  return static_cast<int>(jobs.size());
}

}  // namespace voxlate::jobs
