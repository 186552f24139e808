#include "store/sqlite_job_store.h"

#include <algorithm>
#include <limits>

#include "base/ids.h"
#include "store/case_fold.h"
#include "store/database.h"
#include "store/deflated.h"
#include "store/job_row.h"
#include "voxlate/error.h"

// Note [Lease fencing]
//
// A worker may lose its job without knowing: the process was stopped for a minute, the job was deleted, an
// administrator started a second server on the data. What it writes then must not reach the job, which may be with
// another worker already. So each claim draws a random token and stores it in the row; every later write of the worker
// is one statement that names the token, `WHERE id = ?1 AND lease_token = ?2`. The row holds a token exactly while it
// is `processing` (a CHECK), so such a write changes one row when the lease still stands and none when it does not:
// there is no moment between a test and the write. The time of expiry takes no part: an expired lease that nobody took
// over is still good, so a slow worker loses nothing, and clocks need not agree. Results lie in files and are published
// by `finish` alone, hence at most once for each job.
// Tests: JobStoreTest.StaleLeaseChangesNothing, JobQueueStress.EveryJobEndsExactlyOnce.

// Note [Claim order]
//
// The next job is the one with the lowest `queued_at - priority * kAgeing`. A job of one level above overtakes all that
// waited less than kAgeing longer than itself, and no others: between any two jobs the order never changes, and a low
// job waits at most three times kAgeing (15 minutes) for jobs that came after it. An automatic retry keeps its place.

namespace voxlate::store {
namespace {

constexpr std::chrono::milliseconds kAgeing = std::chrono::minutes(5);
constexpr std::chrono::milliseconds kKeyLifetime = std::chrono::hours(24);
constexpr std::size_t kDeflateFromBytes = 1024;  // shorter checkpoints are not worth it

constexpr const char* kSelectJob = "SELECT" VOXLATE_JOB_COLUMNS "FROM jobs WHERE id = ?1";

/// Reads the job; throws `kNotFound`.
Job require_job(Database& database, const std::string& job_id) {
  Statement row = database.query(kSelectJob, job_id);
  if (!row.step()) throw Error(ErrorCode::kNotFound, "no such job");
  return to_job(row);
}

/// Columns: id, owner.
OwnedJob to_owned(const Statement& row) { return {.id = row.text(0), .owner = row.text(1)}; }

constexpr const char* kForgetOldKeys = "DELETE FROM idempotency_keys WHERE created_at_ms <= ?1";
constexpr const char* kFindKey =
    "SELECT jobs.id, fingerprint FROM idempotency_keys JOIN jobs ON jobs.seq = job_seq WHERE idempotency_keys.owner = "
    "?1 AND key = ?2 AND idempotency_keys.created_at_ms > ?3";
constexpr const char* kAddKey =
    "INSERT INTO idempotency_keys (owner, key, job_seq, fingerprint, created_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
constexpr const char* kAddJob =
    "INSERT INTO jobs (id, state, priority, source_name, search_name, spec, size_bytes, duration_ms, content_type,"
    " description, created_at_ms, queued_at_ms, run_after_ms, owner, upload_id, awaits_upload,"
    " work_key) VALUES (?1, 'queued', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?10, ?11, nullif(?12, ''), ?12 <> '',"
    " nullif(?13, ''))";

constexpr const char* kAddImport = "INSERT INTO imports (job_seq, url) VALUES (?1, ?2)";
constexpr const char* kAddWebhook = "INSERT INTO job_webhooks (job_seq, url) VALUES (?1, ?2)";

/// The job that the key led to before, if there is one.
std::optional<Job> find_replayed(Database& database, const std::string& owner, const std::string& key,
                                 const std::string& fingerprint, TimePoint now) {
  Statement row = database.query(kFindKey, owner, key, to_ms(now - kKeyLifetime));
  if (!row.step()) return std::nullopt;
  if (row.text(1) != fingerprint) {
    throw Error(ErrorCode::kInvalidInput, "the idempotency key was used before with a different request");
  }
  return require_job(database, row.text(0));
}

OwnerUsage read_usage(Database& database, const std::string& owner, TimePoint now) {
  constexpr const char* kJobs =
      "SELECT count(*) FILTER (WHERE state = 'queued'), ifnull(sum(size_bytes), 0) FROM jobs WHERE owner = ?1";
  constexpr const char* kDay = "SELECT jobs, media_ms FROM owner_days WHERE owner = ?1 AND day = ?2";
  OwnerUsage usage;
  Statement jobs = database.query(kJobs, owner);
  jobs.step();
  usage.queued_jobs = static_cast<int>(jobs.integer(0));
  usage.stored_bytes = static_cast<std::uint64_t>(jobs.integer(1));
  Statement day = database.query(kDay, owner, day_of(now));
  if (day.step()) {
    usage.jobs_today = static_cast<int>(day.integer(0));
    usage.media_today = std::chrono::milliseconds(day.integer(1));
  }
  return usage;
}

/// Counts the job among those of the day.
void charge(Database& database, const NewJob& job, TimePoint now) {
  constexpr const char* kCharge =
      "INSERT INTO owner_days (owner, day, jobs, media_ms) VALUES (?1, ?2, 1, ?3) ON CONFLICT (owner, day)"
      " DO UPDATE SET jobs = jobs + 1, media_ms = media_ms + excluded.media_ms";
  constexpr const char* kForgetOldDays = "DELETE FROM owner_days WHERE owner = ?1 AND day < ?2";
  database.run(kForgetOldDays, job.owner, day_of(now));
  database.run(kCharge, job.owner, day_of(now), std::max<std::int64_t>(job.media.duration.count(), 0));
}

void require_free(Database& database, const std::string& upload_id) {
  if (!database.query("SELECT 1 FROM jobs WHERE upload_id = ?1", upload_id).step()) return;
  throw Error(ErrorCode::kConflict, "there is a job on this upload already");
}

}  // namespace

EnqueueResult SqliteJobStore::enqueue(const NewJob& job, TimePoint now) {
  EnqueueResult result;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    result = {};
    database.run(kForgetOldKeys, to_ms(now - kKeyLifetime));
    if (!job.idempotency_key.empty()) {
      if (std::optional<Job> earlier = find_replayed(database, job.owner, job.idempotency_key, job.fingerprint, now)) {
        result = {.job = std::move(*earlier), .replayed = true};
        return;
      }
    }
    if (!job.upload_id.empty()) require_free(database, job.upload_id);
    if (!job.owner.empty()) {
      result.refused = first_exceeded(job, read_usage(database, job.owner, now));
      if (result.refused != OwnerLimit::kNone) return;
      charge(database, job, now);
    }
    database.run(kAddJob, job.id, static_cast<int>(job.spec.priority), job.spec.source_name,
                 fold_case(job.spec.source_name), spec_json(job.spec), job.media.size_bytes, job.media.duration.count(),
                 job.media.content_type, job.media.description, to_ms(now), job.owner, job.upload_id, job.work_key);
    const std::int64_t job_seq = database.last_insert_rowid();
    if (!job.source_url.empty()) database.run(kAddImport, job_seq, job.source_url);
    if (!job.spec.webhook_url.empty()) database.run(kAddWebhook, job_seq, job.spec.webhook_url);
    if (!job.idempotency_key.empty()) {
      database.run(kAddKey, job.owner, job.idempotency_key, job_seq, job.fingerprint, to_ms(now));
    }
    result.job = require_job(database, job.id);
  });
  return result;
}

std::optional<Job> SqliteJobStore::find_by_key(const std::string& owner, const std::string& key,
                                               const std::string& fingerprint, TimePoint now) const {
  const Storage::Reading reader(storage_);
  return find_replayed(*reader, owner, key, fingerprint, now);
}

std::optional<ClaimedJob> SqliteJobStore::claim_next(const std::string& owner, TimePoint now,
                                                     std::chrono::milliseconds lease_time, const ClaimFilter& filter) {
  // See Note [Claim order].
  constexpr const char* kNext =
      "SELECT" VOXLATE_JOB_COLUMNS
      " FROM jobs WHERE state = 'queued' AND run_after_ms <= ?1 AND awaits_upload = 0 AND ifnull(spec ->> 'model', '')"
      " NOT IN (SELECT value FROM json_each(?3)) AND seq NOT IN (SELECT job_seq FROM imports) AND (NOT ?4 OR"
      " ifnull(spec ->> 'brief', 0)) AND NOT EXISTS (SELECT 1 FROM jobs AS other WHERE other.state = 'processing' AND"
      " other.work_key = jobs.work_key) ORDER BY queued_at_ms - priority * ?2, seq LIMIT 1";
  constexpr const char* kClaim =
      "UPDATE jobs SET state = 'processing', attempt = attempt + 1, started_at_ms = ?2, lease_owner = ?1,"
      " lease_token = ?3, lease_until_ms = ?4 WHERE id = ?5 RETURNING" VOXLATE_JOB_COLUMNS;
  std::optional<ClaimedJob> claimed;
  const std::string token = random_id();
  const std::string awaited_json = texts_json(filter.awaited);
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    claimed.reset();
    Statement next = database.query(kNext, to_ms(now), kAgeing.count(), awaited_json, filter.only_brief);
    if (!next.step()) return;
    const Job candidate = to_job(next);
    next.run();
    if (!filter.fits(candidate)) return;
    Statement row = database.query(kClaim, owner, to_ms(now), token, to_ms(now + lease_time), candidate.id);
    if (!row.step()) return;
    claimed.emplace();
    claimed->job = to_job(row);
    row.run();
  });
  if (claimed) {
    claimed->lease = {.job_id = claimed->job.id, .owner = owner, .attempt = claimed->job.attempt, .token = token};
  }
  return claimed;
}

WorkClaim SqliteJobStore::claim_work(const Lease& lease, const std::string& work_key) {
  constexpr const char* kNote = "UPDATE jobs SET work_key = ?3 WHERE id = ?1 AND lease_token = ?2";
  constexpr const char* kOther = "SELECT 1 FROM jobs WHERE state = 'processing' AND work_key = ?2 AND id <> ?1";
  WorkClaim claim = WorkClaim::kLost;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    claim = WorkClaim::kLost;
    if (database.run(kNote, lease.job_id, lease.token, work_key) == 0) return;
    claim = database.query(kOther, lease.job_id, work_key).step() ? WorkClaim::kOthers : WorkClaim::kOwn;
  });
  return claim;
}

LeaseState SqliteJobStore::heartbeat(const Lease& lease, const JobProgress& progress, TimePoint now,
                                     std::chrono::milliseconds lease_time) {
  constexpr const char* kHeartbeat =
      "UPDATE jobs SET lease_until_ms = ?3, stage = ?4, fraction = ?5, media_done_ms = ?6, media_total_ms = ?7"
      " WHERE id = ?1 AND lease_token = ?2 RETURNING cancel_requested";
  LeaseState state = LeaseState::kLost;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    Statement row = database.query(kHeartbeat, lease.job_id, lease.token, to_ms(now + lease_time),
                                   to_string(progress.stage), std::clamp(progress.fraction, 0.0, 1.0),
                                   progress.media_done.count(), progress.media_total.count());
    if (!row.step()) return;
    state = row.integer(0) != 0 ? LeaseState::kCancelRequested : LeaseState::kHeld;
    row.run();
  });
  return state;
}

bool SqliteJobStore::checkpoint(const Lease& lease, const Checkpoint& checkpoint, TimePoint) {
  constexpr const char* kAdd =
      "INSERT INTO checkpoints (job_seq, stage, key, payload, deflated)"
      " SELECT seq, ?3, ?4, ?5, nullif(?6, x'') FROM jobs WHERE id = ?1 AND lease_token = ?2"
      " ON CONFLICT (job_seq, stage, key) DO UPDATE SET payload = excluded.payload, deflated = excluded.deflated";
  constexpr const char* kForgetCrashes =
      "UPDATE jobs SET crashes = 0 WHERE id = ?1 AND lease_token = ?2 AND crashes > 0";
  const bool large = checkpoint.payload.size() >= kDeflateFromBytes;
  const std::string deflated = large ? deflate_text(checkpoint.payload) : std::string();
  const std::string_view plain = large ? std::string_view() : std::string_view(checkpoint.payload);
  bool held = false;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    held = database.run(kAdd, lease.job_id, lease.token, checkpoint.stage, checkpoint.key, plain, Blob{deflated}) == 1;
    database.run(kForgetCrashes, lease.job_id, lease.token);
  });
  return held;
}

std::vector<Checkpoint> SqliteJobStore::checkpoints(const std::string& job_id, const std::string& stage) const {
  constexpr const char* kSelect =
      "SELECT key, payload, deflated FROM checkpoints WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1) AND stage = "
      "?2"
      " ORDER BY seq";
  const Storage::Reading reader(storage_);
  return reader->query(kSelect, job_id, stage).all([&](const Statement& row) {
    return Checkpoint{
        .stage = stage, .key = row.text(0), .payload = row.is_null(2) ? row.text(1) : inflate_text(row.text(2))};
  });
}

bool SqliteJobStore::finish(const Lease& lease, const JobOutcome& outcome, TimePoint now) {
  constexpr const char* kFinish =
      "UPDATE jobs SET state = 'completed', finished_at_ms = ?3, fraction = 1, files = ?4, notes = ?5, cached = ?6,"
      " error_code = NULL, error_message = NULL, cancel_requested = 0, lease_owner = NULL, lease_token = NULL,"
      " lease_until_ms = NULL WHERE id = ?1 AND lease_token = ?2";
  constexpr const char* kDropCheckpoints =
      "DELETE FROM checkpoints WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1)";
  bool held = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    held = database.run(kFinish, lease.job_id, lease.token, to_ms(now), files_json(outcome.files),
                        texts_json(outcome.notes), texts_json(outcome.cached)) == 1;
    if (held) database.run(kDropCheckpoints, lease.job_id);
  });
  return held;
}

namespace {

/// The end of a job that its worker gives up: a wish to cancel comes before a failure or another attempt.
bool cancel(Database& database, const Lease& lease, TimePoint now, bool even_unasked) {
  constexpr const char* kCancel =
      "UPDATE jobs SET state = 'cancelled', finished_at_ms = ?3, error_code = NULL, error_message = NULL,"
      " cancel_requested = 1, lease_owner = NULL, lease_token = NULL, lease_until_ms = NULL"
      " WHERE id = ?1 AND lease_token = ?2 AND (cancel_requested OR ?4)";
  return database.run(kCancel, lease.job_id, lease.token, to_ms(now), even_unasked) == 1;
}

}  // namespace

bool SqliteJobStore::fail(const Lease& lease, const JobError& error, std::optional<TimePoint> retry_at, TimePoint now) {
  constexpr const char* kFail =
      "UPDATE jobs SET state = 'failed', finished_at_ms = ?3, error_code = ?4, error_message = ?5, lease_owner = NULL,"
      " lease_token = NULL, lease_until_ms = NULL WHERE id = ?1 AND lease_token = ?2";
  constexpr const char* kRetryLater =
      "UPDATE jobs SET state = 'queued', run_after_ms = ?3, error_code = ?4, error_message = ?5, stage = 'waiting',"
      " fraction = 0, media_done_ms = 0, media_total_ms = 0, lease_owner = NULL, lease_token = NULL,"
      " lease_until_ms = NULL, awaits_upload = upload_id IS NOT NULL WHERE id = ?1 AND lease_token = ?2";
  bool held = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    held = cancel(database, lease, now, /*even_unasked=*/false) ||
           database.run(retry_at ? kRetryLater : kFail, lease.job_id, lease.token, to_ms(retry_at.value_or(now)),
                        to_string(error.code), error.message) == 1;
  });
  return held;
}

bool SqliteJobStore::confirm_cancel(const Lease& lease, TimePoint now) {
  bool held = false;
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { held = cancel(database, lease, now, /*even_unasked=*/true); });
  return held;
}

bool SqliteJobStore::release(const Lease& lease, TimePoint now) {
  constexpr const char* kRelease =
      "UPDATE jobs SET state = 'queued', attempt = attempt - 1, stage = 'waiting', fraction = 0, media_done_ms = 0,"
      " media_total_ms = 0, lease_owner = NULL, lease_token = NULL, lease_until_ms = NULL,"
      " awaits_upload = upload_id IS NOT NULL WHERE id = ?1 AND lease_token = ?2";
  bool held = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    held =
        cancel(database, lease, now, /*even_unasked=*/false) || database.run(kRelease, lease.job_id, lease.token) == 1;
  });
  return held;
}

Job SqliteJobStore::request_cancel(const std::string& job_id, TimePoint now) {
  constexpr const char* kCancelQueued =
      "UPDATE jobs SET state = 'cancelled', cancel_requested = 1, finished_at_ms = ?2, error_code = NULL,"
      " error_message = NULL WHERE id = ?1 AND state = 'queued'";
  constexpr const char* kAskWorker = "UPDATE jobs SET cancel_requested = 1 WHERE id = ?1 AND state = 'processing'";
  Job job;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    const bool changed = database.run(kCancelQueued, job_id, to_ms(now)) == 1 || database.run(kAskWorker, job_id) == 1;
    job = require_job(database, job_id);
    if (!changed) {
      throw Error(ErrorCode::kConflict, "the job cannot be cancelled: it is " + std::string(to_string(job.state)));
    }
  });
  return job;
}

Job SqliteJobStore::retry(const std::string& job_id, TimePoint now) {
  constexpr const char* kRetry =
      "UPDATE jobs SET state = 'queued', attempt = 0, crashes = 0, cancel_requested = 0, queued_at_ms = ?2,"
      " run_after_ms = ?2, started_at_ms = NULL, finished_at_ms = NULL, error_code = NULL, error_message = NULL,"
      " stage = 'waiting', fraction = 0, media_done_ms = 0, media_total_ms = 0, awaits_upload = upload_id IS NOT NULL"
      " WHERE id = ?1 AND state IN ('failed', 'cancelled')";
  Job job;
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    const bool changed = database.run(kRetry, job_id, to_ms(now)) == 1;
    job = require_job(database, job_id);
    if (!changed) {
      throw Error(ErrorCode::kConflict,
                  "only a failed or cancelled job can be retried; this one is " + std::string(to_string(job.state)));
    }
  });
  return job;
}

std::vector<Job> SqliteJobStore::with_uploads() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT" VOXLATE_JOB_COLUMNS "FROM jobs WHERE upload_id IS NOT NULL ORDER BY seq").all(to_job);
}

bool SqliteJobStore::media_arrived(const std::string& job_id, const MediaSummary& media, MediaPart part) {
  constexpr const char* kArrived =
      "UPDATE jobs SET size_bytes = ?2, duration_ms = ?3, content_type = ?4, description = ?5, awaits_upload = 0,"
      " upload_id = CASE WHEN ?6 THEN NULL ELSE upload_id END WHERE id = ?1 AND upload_id IS NOT NULL";
  // Of the day on which the job was made; its length was not known then.
  constexpr const char* kCharge =
      "UPDATE owner_days SET media_ms = media_ms + ?2 WHERE (owner, day) ="
      " (SELECT owner, created_at_ms / 86400000 FROM jobs WHERE id = ?1)";
  const bool whole = part == MediaPart::kWhole;
  bool found = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    found = database.run(kArrived, job_id, media.size_bytes, media.duration.count(), media.content_type,
                         media.description, whole) == 1;
    if (found && whole) database.run(kCharge, job_id, std::max<std::int64_t>(media.duration.count(), 0));
  });
  return found;
}

bool SqliteJobStore::fail_awaiting(const std::string& job_id, const JobError& error, TimePoint now) {
  constexpr const char* kFail =
      "UPDATE jobs SET state = 'failed', finished_at_ms = ?2, error_code = ?3, error_message = ?4"
      " WHERE id = ?1 AND state = 'queued' AND awaits_upload = 1";
  bool failed = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    failed = database.run(kFail, job_id, to_ms(now), to_string(error.code), error.message) == 1;
  });
  return failed;
}

bool SqliteJobStore::await_upload(const Lease& lease, TimePoint now) {
  constexpr const char* kAwait =
      "UPDATE jobs SET state = 'queued', attempt = attempt - 1, stage = 'waiting', fraction = 0, media_done_ms = 0,"
      " media_total_ms = 0, lease_owner = NULL, lease_token = NULL, lease_until_ms = NULL, awaits_upload = 1"
      " WHERE id = ?1 AND lease_token = ?2 AND upload_id IS NOT NULL";
  bool held = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    held = cancel(database, lease, now, /*even_unasked=*/false) || database.run(kAwait, lease.job_id, lease.token) == 1;
  });
  return held;
}

std::vector<OwnedJob> SqliteJobStore::requeue_orphans(const std::string& owner, int max_crashes, TimePoint now) {
  constexpr const char* kOrphans =
      "UPDATE jobs SET crashes = crashes + 1,"
      " state = CASE WHEN cancel_requested THEN 'cancelled' WHEN crashes + 1 >= ?3 THEN 'failed' ELSE 'queued' END,"
      " finished_at_ms = CASE WHEN cancel_requested OR crashes + 1 >= ?3 THEN ?2 END,"
      " error_code = CASE WHEN cancel_requested THEN NULL WHEN crashes + 1 >= ?3 THEN 'internal' ELSE error_code END,"
      " error_message = CASE WHEN cancel_requested THEN NULL WHEN crashes + 1 >= ?3 THEN 'the server stopped ' ||"
      " (crashes + 1) || ' times while it worked on this job; it is not tried again' ELSE error_message END,"
      " stage = 'waiting', fraction = 0, media_done_ms = 0, media_total_ms = 0,"
      " lease_owner = NULL, lease_token = NULL, lease_until_ms = NULL, awaits_upload = upload_id IS NOT NULL"
      " WHERE state = 'processing' AND (lease_until_ms < ?2 OR lease_owner <> ?1) RETURNING id, owner";
  std::vector<OwnedJob> touched;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    touched = database.query(kOrphans, owner, to_ms(now), max_crashes).all(to_owned);
  });
  return touched;
}

std::optional<Job> SqliteJobStore::get(const std::string& job_id) const {
  const Storage::Reading reader(storage_);
  return reader->query(kSelectJob, job_id).next(to_job);
}

JobPage SqliteJobStore::list(const JobFilter& filter) const {
  // The place of a job that the filter hides is none: what is another's must not show.
  constexpr const char* kPlace = "SELECT seq FROM jobs WHERE id = ?1 AND (?2 OR owner = ?3)";
  constexpr const char* kList =
      "SELECT" VOXLATE_JOB_COLUMNS
      "FROM jobs WHERE seq < ?1 AND (?2 = '' OR state = ?2) AND (?3 = '' OR instr(search_name, ?3) > 0)"
      " AND (?5 OR owner = ?6) AND (NOT ?7 OR ifnull(spec ->> 'origin', '') <> '') ORDER BY seq DESC LIMIT ?4";
  const Storage::Reading reader(storage_);
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  if (!filter.after_id.empty()) {
    Statement place = reader->query(kPlace, filter.after_id, !filter.owner, filter.owner.value_or(""));
    if (!place.step()) {
      throw Error(ErrorCode::kInvalidInput, "the job to continue after is gone; start again from the newest");
    }
    before = place.integer(0);
  }
  const std::string_view state = filter.state ? to_string(*filter.state) : std::string_view();
  const int limit = std::max(filter.limit, 0);
  JobPage page;
  Statement row = reader->query(kList, before, state, fold_case(filter.search), std::int64_t{limit} + 1, !filter.owner,
                                filter.owner.value_or(""), filter.only_waited_for);
  while (row.step() && !page.has_more) {
    if (static_cast<int>(page.jobs.size()) == limit) {
      page.has_more = true;
    } else {
      page.jobs.push_back(to_job(row));
    }
  }
  return page;
}

std::map<JobState, int> SqliteJobStore::count_by_state() const {
  // One statement, so that a job on its way from state to state is counted once.
  constexpr const char* kCount = "SELECT state, count(*) FROM jobs GROUP BY state";
  std::map<JobState, int> counts;
  for (const JobState state : kJobStates) counts[state] = 0;
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kCount);
  while (row.step()) counts[parse_state(row.text(0))] = static_cast<int>(row.integer(1));
  return counts;
}

OwnerUsage SqliteJobStore::usage_of(const std::string& owner, TimePoint now) const {
  const Storage::Reading reader(storage_);
  return read_usage(*reader, owner, now);
}

int SqliteJobStore::jobs_ahead(const std::string& job_id) const {
  // See Note [Claim order].
  constexpr const char* kAhead =
      "SELECT count(*) FROM jobs AS mine JOIN jobs AS other ON other.state = 'queued'"
      " WHERE mine.id = ?1 AND mine.state = 'queued' AND other.run_after_ms <= other.queued_at_ms"
      " AND other.seq NOT IN (SELECT job_seq FROM imports)"
      " AND other.awaits_upload = 0"
      " AND (other.queued_at_ms - other.priority * ?2, other.seq) <"
      " (mine.queued_at_ms - mine.priority * ?2, mine.seq)";
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kAhead, job_id, kAgeing.count());
  row.step();
  return static_cast<int>(row.integer(0));
}

std::vector<std::string> SqliteJobStore::ids() const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT id FROM jobs ORDER BY seq").all(first_text);
}

bool SqliteJobStore::remove(const std::string& job_id) {
  bool removed = false;
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { removed = database.run("DELETE FROM jobs WHERE id = ?1", job_id) == 1; });
  return removed;
}

std::vector<OwnedJob> SqliteJobStore::delete_finished_before(TimePoint time, int limit) {
  constexpr const char* kDelete =
      "DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE finished_at_ms < ?1 ORDER BY finished_at_ms LIMIT ?2)"
      " RETURNING id, owner";
  std::vector<OwnedJob> deleted;
  storage_.write(Storage::Room::kMayUseBallast,
                 [&](Database& database) { deleted = database.query(kDelete, to_ms(time), limit).all(to_owned); });
  return deleted;
}

}  // namespace voxlate::store
