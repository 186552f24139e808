#include "store/sqlite_metrics_store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "store/account_row.h"
#include "store/database.h"
#include "store/job_row.h"

namespace voxlate::store {
namespace {

static_assert(std::endian::native == std::endian::little, "figures are stored as they are in memory");

constexpr std::array<std::string_view, 3> kPointTables = {"metrics_raw", "metrics_minute", "metrics_hour"};
constexpr std::string_view kMarks = "metrics_mark";
constexpr std::string_view kJobs = "metrics_job";

std::string_view table_of(MetricsStep step) { return kPointTables.at(static_cast<std::size_t>(step)); }

std::int64_t part_of(TimePoint at, std::chrono::hours retention) {
  return at.time_since_epoch() / std::chrono::milliseconds(retention);
}

/// `sql` with the name of the table for every "$": names cannot be bound.
std::string on_table(std::string_view sql, const std::string& table) {
  std::string text;
  for (const char c : sql) {
    if (c == '$')
      text += table;
    else
      text += c;
  }
  return text;
}

std::string half(std::string_view table, std::int64_t part) {
  return std::string(table) + (part % 2 == 0 ? "_a" : "_b");
}

/// The table in which `at` goes, emptied when it holds an older part. Without a condition SQLite frees its pages
/// without looking at the rows.
std::string open_part(Database& database, std::string_view table, std::chrono::hours retention, TimePoint at) {
  const std::int64_t part = part_of(at, retention);
  std::string name = half(table, part);
  std::optional<std::int64_t> oldest;
  {
    Statement row = database.query(on_table("SELECT min(at_ms) FROM $", name).c_str());
    if (row.step() && !row.is_null(0)) oldest = row.integer(0);
  }
  // A clock that went back may have left a later part: it stays.
  if (oldest && part_of(from_ms(*oldest), retention) < part) database.execute(on_table("DELETE FROM $", name).c_str());
  return name;
}

Blob blob_of(const MetricValues& values) { return {{reinterpret_cast<const char*>(values.data()), sizeof(values)}}; }

/// What an older version stored has fewer figures, a newer one's more.
MetricValues values_of(const std::string& bytes) {
  MetricValues values = unknown_metrics();
  std::memcpy(values.data(), bytes.data(), std::min(bytes.size(), sizeof(values)));
  return values;
}

std::vector<MetricsPoint> read_points(Database& database, std::string_view table, TimePoint begin, TimePoint end) {
  constexpr std::string_view kSelect = "SELECT at_ms, samples, mean, peak FROM $ WHERE at_ms >= ?1 AND at_ms < ?2";
  std::vector<MetricsPoint> points;
  for (const std::int64_t part : {0, 1}) {
    Statement row = database.query(on_table(kSelect, half(table, part)).c_str(), to_ms(begin), to_ms(end));
    while (row.step()) {
      points.push_back({.at = from_ms(row.integer(0)),
                        .samples = static_cast<int>(row.integer(1)),
                        .mean = values_of(row.text(2)),
                        .peak = values_of(row.text(3))});
    }
  }
  std::ranges::sort(points, {}, &MetricsPoint::at);
  return points;
}

/// The last point before `at`.
std::optional<TimePoint> last_before(Database& database, std::string_view table, TimePoint at) {
  std::optional<TimePoint> last;
  for (const std::int64_t part : {0, 1}) {
    Statement row =
        database.query(on_table("SELECT max(at_ms) FROM $ WHERE at_ms < ?1", half(table, part)).c_str(), to_ms(at));
    if (!row.step() || row.is_null(0)) continue;
    const TimePoint found = from_ms(row.integer(0));
    if (!last || found > *last) last = found;
  }
  return last;
}

template <typename Unit>
TimePoint begin_of(TimePoint at) {
  return std::chrono::floor<Unit>(at);
}

}  // namespace

std::chrono::hours SqliteMetricsStore::retention(MetricsStep step) const {
  switch (step) {
    case MetricsStep::kRaw: return options_.raw;
    case MetricsStep::kMinute: return options_.minutes;
    case MetricsStep::kHour: return options_.hours;
  }
  return options_.raw;
}

void SqliteMetricsStore::insert(Database& database, MetricsStep step, const MetricsPoint& point) const {
  constexpr std::string_view kInsert = "INSERT OR REPLACE INTO $ (at_ms, samples, mean, peak) VALUES (?1, ?2, ?3, ?4)";
  const std::string table = open_part(database, table_of(step), retention(step), point.at);
  database.run(on_table(kInsert, table).c_str(), to_ms(point.at), point.samples, blob_of(point.mean),
               blob_of(point.peak));
}

/// The minute (hour) of the point before is over when this one is of another: its points become one. So what a restart
/// interrupted is put together by the first point after it.
void SqliteMetricsStore::roll_up(Database& database, MetricsStep from, TimePoint earlier, TimePoint now) const {
  const bool is_raw = from == MetricsStep::kRaw;
  const auto unit = [is_raw](TimePoint at) {
    return is_raw ? begin_of<std::chrono::minutes>(at) : begin_of<std::chrono::hours>(at);
  };
  const TimePoint begin = unit(earlier);
  if (begin == unit(now)) return;
  const std::chrono::milliseconds length = is_raw ? std::chrono::minutes(1) : std::chrono::hours(1);
  MetricsSum sum;
  for (const MetricsPoint& point : read_points(database, table_of(from), begin, begin + length)) sum.add(point);
  if (sum.samples() == 0) return;
  const MetricsStep to = is_raw ? MetricsStep::kMinute : MetricsStep::kHour;
  insert(database, to, sum.point(begin));
  if (is_raw) roll_up(database, MetricsStep::kMinute, begin, now);
}

void SqliteMetricsStore::add(const MetricsPoint& point) {
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    const std::optional<TimePoint> earlier = last_before(database, table_of(MetricsStep::kRaw), point.at);
    if (earlier) roll_up(database, MetricsStep::kRaw, *earlier, point.at);
    insert(database, MetricsStep::kRaw, point);
  });
}

std::vector<MetricsPoint> SqliteMetricsStore::points(MetricsStep step, TimePoint begin, TimePoint end) const {
  const Storage::Reading reader(storage_);
  return read_points(*reader, table_of(step), begin, end);
}

void SqliteMetricsStore::mark(const MetricsMark& mark) {
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    const std::string table = open_part(database, kMarks, options_.minutes, mark.at);
    database.run(on_table("INSERT INTO $ (at_ms, kind, text) VALUES (?1, ?2, ?3)", table).c_str(), to_ms(mark.at),
                 mark.kind, mark.text);
  });
}

std::vector<MetricsMark> SqliteMetricsStore::marks(TimePoint begin, TimePoint end, int limit) const {
  constexpr const char* kSelect =
      "SELECT at_ms, kind, text FROM (SELECT * FROM metrics_mark_a UNION ALL SELECT * FROM metrics_mark_b)"
      " WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms DESC LIMIT ?3";
  std::vector<MetricsMark> marks;
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kSelect, to_ms(begin), to_ms(end), limit);
  while (row.step()) marks.push_back({.at = from_ms(row.integer(0)), .kind = row.text(1), .text = row.text(2)});
  std::ranges::reverse(marks);
  return marks;
}

void SqliteMetricsStore::add_job(const JobRecord& job) {
  constexpr std::string_view kInsert =
      "INSERT INTO $ (at_ms, engine, model, source_bytes, media_ms, transcribe_ms, translate_ms, write_ms, wall_ms,"
      " targets, workers, jobs_beside, process_bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
  storage_.write(Storage::Room::kNeedsBallast, [&](Database& database) {
    const std::string table = open_part(database, kJobs, options_.hours, job.finished_at);
    database.run(on_table(kInsert, table).c_str(), to_ms(job.finished_at), job.engine, job.model, job.source_bytes,
                 job.media.count(), job.transcribe.count(), job.translate.count(), job.write.count(), job.wall.count(),
                 job.targets, job.workers, job.jobs_beside, job.process_bytes);
  });
}

std::vector<JobRecord> SqliteMetricsStore::jobs(int limit) const {
  constexpr const char* kSelect =
      "SELECT at_ms, engine, model, source_bytes, media_ms, transcribe_ms, translate_ms, write_ms, wall_ms, targets,"
      " workers, jobs_beside, process_bytes FROM (SELECT * FROM metrics_job_a UNION ALL SELECT * FROM metrics_job_b)"
      " ORDER BY at_ms DESC LIMIT ?1";
  std::vector<JobRecord> jobs;
  const Storage::Reading reader(storage_);
  Statement row = reader->query(kSelect, limit);
  const auto ms = [&row](int column) { return std::chrono::milliseconds(row.integer(column)); };
  while (row.step()) {
    jobs.push_back({.finished_at = from_ms(row.integer(0)),
                    .engine = row.text(1),
                    .model = row.text(2),
                    .source_bytes = static_cast<std::uint64_t>(row.integer(3)),
                    .media = ms(4),
                    .transcribe = ms(5),
                    .translate = ms(6),
                    .write = ms(7),
                    .wall = ms(8),
                    .targets = static_cast<int>(row.integer(9)),
                    .workers = static_cast<int>(row.integer(10)),
                    .jobs_beside = static_cast<int>(row.integer(11)),
                    .process_bytes = static_cast<std::uint64_t>(row.integer(12))});
  }
  return jobs;
}

}  // namespace voxlate::store
