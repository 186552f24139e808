#include "jobs/job_cleaner.h"

#include "base/log.h"

namespace voxlate::jobs {
namespace {

constexpr int kBatch = 100;

/// Returns the retention once the data folder was swept, so that nothing runs before.
JobCleaner::Options swept(JobCleaner::Options options, const JobStore& store, const DataFolder& data) {
  const std::vector<std::string> ids = store.ids();
  const int removed = data.sweep({ids.begin(), ids.end()}, options.uploads);
  if (removed > 0) log::info("data folder swept", {{"removed", removed}});
  return options;
}

}  // namespace

JobCleaner::JobCleaner(Options options, JobStore& store, const DataFolder& data, ChangeFeed& feed, const Clock& clock)
    : options_(swept(options, store, data)),
      store_(store),
      data_(data),
      feed_(feed),
      clock_(clock),
      ticker_("job cleaning", options_.interval, [this](const std::stop_token&) { clean(); }) {
  ticker_.poke();
}

int JobCleaner::clean() {
  const TimePoint limit = clock_.now() - options_.retention;
  int cleaned = 0;
  for (;;) {
    const std::vector<OwnedJob> deleted = store_.delete_finished_before(limit, kBatch);
    for (const OwnedJob& job : deleted) {
      data_.workspace(job.id).remove();
      feed_.publish(ChangeKind::kDeleted, job.id, job.owner);
      log::info("Cleaned up task data for " + job.id, {{"job_id", job.id}});
    }
    cleaned += static_cast<int>(deleted.size());
    if (static_cast<int>(deleted.size()) < kBatch) return cleaned;
  }
}

int JobCleaner::remove_owner(const std::string& owner) {
  int removed = 0;
  for (;;) {
    const JobPage page = store_.list({.owner = owner, .state = {}, .search = {}, .after_id = {}, .limit = kBatch});
    for (const Job& job : page.jobs) {
      if (!store_.remove(job.id)) continue;
      feed_.publish(ChangeKind::kDeleted, job.id, job.owner);
      data_.workspace(job.id).remove();
      ++removed;
    }
    if (page.jobs.empty()) return removed;
  }
}

}  // namespace voxlate::jobs
