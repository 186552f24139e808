#include "store/sqlite_import_store.h"

#include <algorithm>

#include "store/case_fold.h"
#include "store/database.h"
#include "store/job_row.h"

namespace voxlate::store {
namespace {

constexpr const char* kCountAttempt =
    "UPDATE imports SET attempt = attempt + 1 WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1)";

}  // namespace

std::optional<Import> SqliteImportStore::next(TimePoint now, const std::vector<std::string>& busy) {
  constexpr const char* kNext =
      "SELECT" VOXLATE_JOB_COLUMNS
      "FROM jobs WHERE state = 'queued' AND run_after_ms <= ?1 AND seq IN (SELECT job_seq FROM imports)"
      " AND id NOT IN (SELECT value FROM json_each(?2)) ORDER BY queued_at_ms, seq LIMIT 1";
  constexpr const char* kAttempt = "SELECT attempt FROM imports WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1)";
  const Storage::Reading reader(storage_);
  Import found;
  {
    Statement row = reader->query(kNext, to_ms(now), texts_json(busy));
    if (!row.step()) return std::nullopt;
    found.job = to_job(row);
  }
  found.url = found.job.awaited_url;
  Statement row = reader->query(kAttempt, found.job.id);
  if (row.step()) found.attempt = static_cast<int>(row.integer(0));
  return found;
}

bool SqliteImportStore::is_wanted(const std::string& job_id) const {
  constexpr const char* kWanted =
      "SELECT 1 FROM jobs WHERE id = ?1 AND state = 'queued' AND seq IN (SELECT job_seq FROM imports)";
  const Storage::Reading reader(storage_);
  return reader->query(kWanted, job_id).step();
}

bool SqliteImportStore::is_known(const std::string& job_id) const {
  const Storage::Reading reader(storage_);
  return reader->query("SELECT 1 FROM jobs WHERE id = ?1", job_id).step();
}

bool SqliteImportStore::complete(const std::string& job_id, const std::string& source_name, const MediaSummary& media,
                                 TimePoint now) {
  constexpr const char* kDone =
      "DELETE FROM imports WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1 AND state = 'queued')";
  constexpr const char* kDescribe =
      "UPDATE jobs SET source_name = ?2, search_name = ?3, size_bytes = ?4, duration_ms = ?5, content_type = ?6,"
      " description = ?7, run_after_ms = min(run_after_ms, ?8), error_code = NULL, error_message = NULL WHERE id = ?1";
  // Of the day on which it came: its length was not known before.
  constexpr const char* kCharge =
      "INSERT INTO owner_days (owner, day, jobs, media_ms) SELECT owner, ?2, 0, ?3 FROM jobs WHERE id = ?1 AND owner <>"
      " '' ON CONFLICT (owner, day) DO UPDATE SET media_ms = media_ms + excluded.media_ms";
  bool wanted = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    wanted = database.run(kDone, job_id) == 1;
    if (!wanted) return;
    database.run(kCharge, job_id, day_of(now), std::max<std::int64_t>(media.duration.count(), 0));
    database.run(kDescribe, job_id, source_name, fold_case(source_name), media.size_bytes, media.duration.count(),
                 media.content_type, media.description, to_ms(now));
  });
  return wanted;
}

bool SqliteImportStore::postpone(const std::string& job_id, const JobError& error, TimePoint retry_at) {
  constexpr const char* kPostpone =
      "UPDATE jobs SET run_after_ms = ?2, error_code = ?3, error_message = ?4"
      " WHERE id = ?1 AND state = 'queued' AND seq IN (SELECT job_seq FROM imports)";
  bool wanted = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    wanted = database.run(kPostpone, job_id, to_ms(retry_at), to_string(error.code), error.message) == 1;
    if (wanted) database.run(kCountAttempt, job_id);
  });
  return wanted;
}

bool SqliteImportStore::fail(const std::string& job_id, const JobError& error, TimePoint now) {
  constexpr const char* kFail =
      "UPDATE jobs SET state = 'failed', finished_at_ms = ?2, error_code = ?3, error_message = ?4"
      " WHERE id = ?1 AND state = 'queued' AND seq IN (SELECT job_seq FROM imports)";
  constexpr const char* kForgetAttempts =
      "UPDATE imports SET attempt = 0 WHERE job_seq = (SELECT seq FROM jobs WHERE id = ?1)";
  bool wanted = false;
  storage_.write(Storage::Room::kMayUseBallast, [&](Database& database) {
    wanted = database.run(kFail, job_id, to_ms(now), to_string(error.code), error.message) == 1;
    if (wanted) database.run(kForgetAttempts, job_id);
  });
  return wanted;
}

}  // namespace voxlate::store
